import { isGatewayError } from '@ai-gateway/shared/errors';
import { type FormEvent, type ReactNode, useState } from 'react';
import { request } from '../../api/client.ts';
import { queries } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { CodeField } from '../../components/code-field.tsx';
import formStyles from '../../components/form.module.css';
import { LabelledText } from '../../components/labelled-field.tsx';
import { codeOf } from './code-of.ts';
import { Door } from './door.tsx';

/** Takes the token out of the address at once, so that no history keeps it. */
const token = readToken();

function readToken(): string {
  const found = decodeURIComponent(location.hash.slice(1));
  if (found !== '') history.replaceState(history.state, '', location.pathname);
  return found;
}

/** A link is used up by a click, and not by opening it: programs that check mails open every link. */
export function LinkScreen(): ReactNode {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);

  const redeem = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await request('POST', '/auth/link', {
        token,
        ...(email === '' ? {} : { email }),
        ...(name === '' ? {} : { name }),
        ...(code === '' ? {} : codeOf(code)),
      });
      queries.clear();
      location.assign('/app');
    } catch (failed) {
      if (isGatewayError(failed) && (failed.param === 'code' || failed.param === 'recovery_code')) setWantsCode(true);
      setError(failed);
      setBusy(false);
    }
  };
  if (token === '')
    return (
      <Door title="This link is not complete">
        <p>Open the link again, whole: it has a long word after the sign #.</p>
      </Door>
    );
  return (
    <Door title="Sign in to AI Gateway">
      <form className={formStyles.form} onSubmit={(event) => void redeem(event)}>
        <p>The link signs you in once.</p>
        <LabelledText
          label="E-mail"
          type="email"
          autoComplete="username"
          help="The first link of a gateway asks for the address that you will sign in with. Every other link knows it."
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <LabelledText
          label="Name (optional)"
          autoComplete="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
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
    </Door>
  );
}
