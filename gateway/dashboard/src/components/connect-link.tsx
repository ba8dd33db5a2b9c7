import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** The next step where no call is there yet. */
export function ConnectLink({
  children = 'Connect Make, Zapier, n8n or your own code',
}: {
  children?: ReactNode;
}): ReactNode {
  return <Link to="/app/connect">{children}</Link>;
}
