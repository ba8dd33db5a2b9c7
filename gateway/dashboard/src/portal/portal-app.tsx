import { type ReactNode, useEffect, useState } from 'react';
import {
  closePortal,
  findSession,
  type Overview,
  openPortal,
  PortalError,
  readOverview,
  signOut,
} from './portal-api.ts';
import { Door, PasswordDoor } from './portal-door.tsx';
import { PortalPage } from './portal-page.tsx';

type State =
  | { kind: 'opening' }
  | { kind: 'password'; token: string; refusal?: string }
  | { kind: 'open'; overview: Overview }
  | { kind: 'over' | 'expired' | 'failed'; message: string }
  | { kind: 'signed-out'; signInUrl: string }
  | { kind: 'closed' | 'signed-off' };

/** The month that the address names. */
function monthInAddress(): string | undefined {
  return new URLSearchParams(window.location.search).get('month') ?? undefined;
}

/** A link is opened by itself, since it opens as often as it is asked to: a scanner of mails that follows it uses nothing up. */
export function PortalApp({ token }: { token: string | undefined }): ReactNode {
  const [state, setState] = useState<State>({ kind: 'opening' });

  const enter = async (given: { token: string; password?: string } | undefined): Promise<void> => {
    try {
      if (given !== undefined) await openPortal(given.token, given.password);
      else {
        const { open, sign_in_url: signInUrl } = await findSession();
        if (!open) return setState({ kind: 'signed-out', signInUrl });
      }
      setState({ kind: 'open', overview: await readOverview(monthInAddress()) });
    } catch (cause) {
      setState(afterRefusal(cause, given));
    }
  };

  useEffect(() => {
    void enter(token === undefined ? undefined : { token });
  }, []);

  switch (state.kind) {
    case 'opening':
      return <Door title="Portal" message="Opening the portal …" />;
    case 'password':
      return (
        <PasswordDoor refusal={state.refusal} onPassword={(password) => enter({ token: state.token, password })} />
      );
    case 'over':
      return <Door title="This link does not open any more" message={state.message} />;
    case 'expired':
      return <Door title="This link has expired" message={state.message} />;
    case 'failed':
      return (
        <Door
          title="Portal"
          message={state.message}
          onRetry={() => enter(token === undefined ? undefined : { token })}
        />
      );
    case 'closed':
      return (
        <Door title="The portal is closed" message="Nobody sees it on this device until you open your link again." />
      );
    case 'signed-off':
      return <Door title="You are signed out" message="Nobody sees the portal on this device." signInUrl="/app" />;
    case 'signed-out':
      return (
        <Door
          title="Portal"
          message="Open the portal by the link that you were sent. It is open for a day on the device where you opened the link; after that, open the link again."
          signInUrl={state.signInUrl}
        />
      );
    case 'open':
      return (
        <PortalPage
          first={state.overview}
          onOver={() => setState({ kind: 'over', message: over })}
          onClose={async () => {
            const isSignedIn = state.overview.signed_in;
            await (isSignedIn ? signOut() : closePortal());
            setState({ kind: isSignedIn ? 'signed-off' : 'closed' });
          }}
        />
      );
  }
}

const over =
  'The day for which the portal was open is over, or the link is expired or revoked. Open your link again, or ask for a new one.';

function afterRefusal(cause: unknown, given: { token: string; password?: string } | undefined): State {
  if (!(cause instanceof PortalError)) throw cause;
  const { status, message, details } = cause;
  if (given === undefined && status === 401) return { kind: 'signed-out', signInUrl: '/app' };
  if (status === 410) return { kind: details.expired === true ? 'expired' : 'over', message };
  if (given !== undefined && details.password_required === true)
    return { kind: 'password', token: given.token, ...(given.password === undefined ? {} : { refusal: message }) };
  return { kind: 'failed', message };
}
