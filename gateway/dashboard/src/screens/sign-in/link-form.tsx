import { isGatewayError } from '@ai-gateway/shared/errors';
import { type FormEvent, type ReactNode, useState } from 'react';
import { request } from '../../api/client.ts';
import { queries } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { CodeField } from '../../components/code-field.tsx';
import formStyles from '../../components/form.module.css';
import { LabelledText } from '../../components/labelled-field.tsx';
import { momentForPeople, placeOf } from '../../format/when.ts';
import { codeOf } from './code-of.ts';
import { Door } from './door.tsx';
import { type LinkView, openWords } from './link-words.ts';

interface LinkFormProps {
  token: string;
  view: LinkView;
  onSignedOut: () => Promise<void>;
}

/** A link that works: its person, its effect, and the click that uses it up. */
export function LinkForm({ token, view, onSignedOut }: LinkFormProps): ReactNode {
  const { purpose, email, invitation, signed_in_as: signedInAs } = view;
  const words = openWords(view);
  const [typed, setTyped] = useState('');
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
    } catch (failed) {
      if (isGatewayError(failed) && (failed.param === 'code' || failed.param === 'recovery_code')) setWantsCode(true);
      setError(failed);
    }
    setBusy(false);
  };
  const redeem = async (): Promise<void> => {
    await request('POST', '/auth/link', {
      token,
      ...(typed === '' ? {} : { email: typed }),
      ...(name === '' ? {} : { name }),
      ...(code === '' ? {} : codeOf(code)),
    });
    queries.clear();
    location.assign(words.next);
  };
  const signOut = async (): Promise<void> => {
    await request('POST', '/auth/sign-out');
    queries.clear();
    await onSignedOut();
  };
  const isOfAnother = signedInAs !== null && purpose === 'invite' && signedInAs !== email;
  const isNew = signedInAs === null && (purpose === 'first' || purpose === 'invite' || purpose === 'sign-up');
  const needsSession = signedInAs === null && (purpose === 'invite' || purpose === 'verify');
  return (
    <Door title={words.title}>
      <form
        className={formStyles.form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void attempt(redeem);
        }}
      >
        <p>{words.does}</p>
        {invitation?.by ? <p dir="auto">The invitation is from {invitation.by.email}.</p> : null}
        <LabelledText
          label="E-mail"
          type="email"
          autoComplete="username"
          readOnly={email !== null}
          required={email === null && purpose !== null}
          help={
            purpose === null
              ? 'The first link of a gateway alone asks for it: you sign in with it from then on.'
              : undefined
          }
          value={email ?? typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        {isNew ? (
          <LabelledText
            label="Name (optional)"
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        ) : null}
        {wantsCode ? (
          <CodeField
            help="The six digits of your authenticator app, or a recovery code."
            value={code}
            onChange={setCode}
          />
        ) : null}
        {error === undefined ? null : <ErrorCard error={error} />}
        {isOfAnother ? (
          <>
            <p dir="auto">You are signed in as {signedInAs}. The invitation is for another address.</p>
            <Button kind="primary" disabled={isBusy} onClick={() => void attempt(signOut)}>
              Sign out
            </Button>
          </>
        ) : (
          <Button type="submit" kind="primary" disabled={isBusy}>
            {words.button}
          </Button>
        )}
      </form>
      {needsSession ? (
        <p className={formStyles.help}>
          {purpose === 'invite' ? 'Do you have an account with this address? ' : 'You have to be signed in here. '}
          <a href="/app/sign-in" target="_blank" rel="noreferrer">
            Sign in in another tab
          </a>
          , then come back.
        </p>
      ) : null}
      {signedInAs !== null && signedInAs !== email && (purpose === 'sign-in' || purpose === 'reset') ? (
        <p className={formStyles.help}>You are signed in as {signedInAs}. That session ends.</p>
      ) : null}
      <LinkEnd at={view.expires_at} />
    </Door>
  );
}

function LinkEnd({ at }: { at: string | null }): ReactNode {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <p className={formStyles.help}>
      {at === null ? 'It works once.' : `It works once, until ${momentForPeople(at, zone)}, ${placeOf(zone)} time.`} If
      you do not expect it, close this page: nothing happens.
    </p>
  );
}
