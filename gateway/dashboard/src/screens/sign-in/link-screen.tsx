import { isGatewayError } from '@ai-gateway/shared/errors';
import { type ReactNode, useEffect, useState } from 'react';
import { request } from '../../api/client.ts';
import { ErrorCard } from '../../components/card.tsx';
import { Door } from './door.tsx';
import { LinkForm } from './link-form.tsx';
import { type LinkView, overWords, plainLink } from './link-words.ts';

/** Takes the token out of the address at once, so that no history keeps it. */
const token = readToken();

function readToken(): string {
  const found = decodeURIComponent(location.hash.slice(1));
  if (found !== '') history.replaceState(history.state, '', location.pathname);
  return found;
}

/** A link is used up by a click, and not by opening it: programs that check mails open every link. The page asks what the link is, which leaves it as it was. */
export function LinkScreen(): ReactNode {
  const [view, setView] = useState<LinkView>();
  const [error, setError] = useState<unknown>();

  const ask = async (): Promise<void> => {
    setError(undefined);
    try {
      setView((await request('POST', '/auth/link/view', { token })) as LinkView);
    } catch (failed) {
      // Another process, of an earlier version, knows no pages of links.
      if (isGatewayError(failed) && failed.status === 404) setView(plainLink);
      else setError(failed);
    }
  };
  useEffect(() => {
    if (token !== '') void ask();
    // A link that is pasted over the address of an open page changes the part after # alone, which loads nothing by itself.
    const reload = (): void => {
      if (location.hash.length > 1) location.reload();
    };
    addEventListener('hashchange', reload);
    return () => removeEventListener('hashchange', reload);
  }, []);

  if (token === '')
    return (
      <Door title="This link is not complete">
        <p>Open the link again, whole: it has a long word after the sign #.</p>
      </Door>
    );
  if (view === undefined)
    return (
      <Door title="Your link">
        {error === undefined ? (
          <p role="status">The gateway looks the link up …</p>
        ) : (
          <ErrorCard error={error} retry={() => void ask()} />
        )}
      </Door>
    );
  return view.state === 'open' ? <LinkForm token={token} view={view} onSignedOut={ask} /> : <LinkOver view={view} />;
}

function LinkOver({ view }: { view: LinkView }): ReactNode {
  const { title, became, next, go } = overWords(view, Intl.DateTimeFormat().resolvedOptions().timeZone);
  return (
    <Door title={title}>
      <p>{became}</p>
      <p dir="auto">{next}</p>
      <p>
        <a href="/app">{go}</a>
      </p>
    </Door>
  );
}
