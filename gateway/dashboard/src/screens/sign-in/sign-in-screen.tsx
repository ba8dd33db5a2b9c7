import { isGatewayError } from '@ai-gateway/shared/errors';
import { useSearch } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { request } from '../../api/client.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { CodeField } from '../../components/code-field.tsx';
import formStyles from '../../components/form.module.css';
import { LabelledText } from '../../components/labelled-field.tsx';
import { codeOf } from './code-of.ts';
import { Door, pathAfter } from './door.tsx';
import { signInByPasskey } from './passkey.ts';
import styles from './sign-in.module.css';

/** E-mail and password, a second factor where the person has one, a passkey, or the single sign-on of the address's domain. */
export function SignInScreen(): ReactNode {
  const { to } = useSearch({ from: '/app/sign-in' });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [isSent, setSent] = useState(false);

  const attempt = async (signIn: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await signIn();
      location.assign(redirectIn(answer, pathAfter(to)) ?? pathAfter(to));
    } catch (failed) {
      if (isGatewayError(failed) && (failed.param === 'code' || failed.param === 'recovery_code')) setWantsCode(true);
      setError(failed);
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void attempt(() =>
      request('POST', '/auth/sign-in', {
        email,
        ...(password === '' ? {} : { password }),
        ...(code === '' ? {} : codeOf(code)),
      }),
    );
  };
  const askReset = async (): Promise<void> => {
    setBusy(true);
    setSent(false);
    setError(undefined);
    try {
      await request('POST', '/auth/reset', { email });
      setSent(true);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <Door title="Sign in">
      <form className={formStyles.form} onSubmit={onSubmit}>
        <LabelledText
          label="E-mail"
          type="email"
          autoComplete="username webauthn"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <LabelledText
          label="Password"
          type="password"
          autoComplete="current-password"
          help="Leave it empty to sign in by your company."
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {wantsCode ? (
          <CodeField
            help="The six digits of your authenticator app, or a recovery code."
            value={code}
            onChange={setCode}
          />
        ) : null}
        {error === undefined ? null : <ErrorCard error={error} />}
        <Button type="submit" kind="primary" disabled={isBusy}>
          Sign in
        </Button>
      </form>
      <p className={styles.or}>or</p>
      <Button disabled={isBusy} onClick={() => void attempt(signInByPasskey)}>
        Sign in with a passkey
      </Button>
      <Button disabled={isBusy} onClick={() => void askReset()}>
        Forgot your password?
      </Button>
      <p role="status">{isSent ? 'If the address has an account, a link is on its way.' : ''}</p>
      <p className={formStyles.help}>
        Locked out? Ask an owner for a new link, or run <code>npm run gateway sign-in-link YOUR-ADDRESS</code> where the
        gateway runs.
      </p>
    </Door>
  );
}

/** The way to a company's single sign-on, which is one of ours, and from there back to the page that was wanted. */
function redirectIn(answer: unknown, wanted: string): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('redirect' in answer)) return undefined;
  const { redirect } = answer;
  return typeof redirect === 'string' && redirect.startsWith('/auth/')
    ? `${redirect}?${new URLSearchParams({ return_to: wanted })}`
    : undefined;
}
