import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { buttonStyle } from '../components/button.tsx';
import { ErrorCard } from '../components/card.tsx';
import { Screen } from '../components/screen.tsx';

export function NotFound(): ReactNode {
  return (
    <Screen title="Page not found">
      <p>The dashboard has no page at this address. The address may be mistyped, or of another version.</p>
      <p>
        <Link to="/app" className={buttonStyle()}>
          Go to Home
        </Link>
      </p>
    </Screen>
  );
}

/** A screen that fails takes nothing else along. */
export function Crash({ error, reset }: { error: unknown; reset?: () => void }): ReactNode {
  return (
    <Screen title="This page failed">
      <ErrorCard error={error} {...(reset === undefined ? {} : { retry: reset })} />
    </Screen>
  );
}
