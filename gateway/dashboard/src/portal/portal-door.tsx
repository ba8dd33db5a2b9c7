import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { Button } from '../components/button.tsx';
import styles from './portal.module.css';

interface DoorProps {
  title: string;
  message: string;
  onRetry?: () => Promise<void>;
  /** People with an account sign in to the dashboard's door. */
  signInUrl?: string;
}

/** In the place of the portal while it is not open. */
export function Door({ title, message, onRetry, signInUrl }: DoorProps): ReactNode {
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <main className={styles.door}>
      <h1>{title}</h1>
      <p role="status">{message}</p>
      {onRetry === undefined ? null : <Button onClick={() => void onRetry()}>Try again</Button>}
      {signInUrl === undefined ? null : (
        <p>
          <a href={signInUrl}>Sign in with an account</a>
        </p>
      )}
    </main>
  );
}

/** A link with a password is opened on a click. */
export function PasswordDoor({
  refusal,
  onPassword,
}: {
  refusal: string | undefined;
  onPassword: (password: string) => Promise<void>;
}): ReactNode {
  const id = useId();
  const [password, setPassword] = useState('');
  const [isAsking, setIsAsking] = useState(false);
  useEffect(() => {
    document.title = 'Portal';
  }, []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isAsking) return;
    setIsAsking(true);
    await onPassword(password);
    setIsAsking(false);
  };
  return (
    <main className={styles.door}>
      <h1>Portal</h1>
      <p>This link has a password. The person who sent the link has it.</p>
      <form onSubmit={(event) => void submit(event)} className={styles.password}>
        <label htmlFor={id}>Password</label>
        <input
          id={id}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          aria-invalid={refusal !== undefined}
          aria-describedby={`${id}-refusal`}
        />
        <p id={`${id}-refusal`} role="alert" className={styles.refusal}>
          {refusal}
        </p>
        <Button kind="primary" type="submit" disabled={isAsking}>
          Open
        </Button>
      </form>
    </main>
  );
}
