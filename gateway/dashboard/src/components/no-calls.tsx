import type { ReactNode } from 'react';
import { useAnyCall } from '../api/any-call.ts';
import { ConnectLink } from './connect-link.tsx';

/** An empty list of a range: leads to the first call where there never was one, and to a longer range else. */
export function NoCalls(): ReactNode {
  const any = useAnyCall();
  if (any.data?.data.length !== 0) return 'No calls in this range. Choose a longer one.';
  return (
    <>
      No calls yet. <ConnectLink />: a call appears here within two seconds after it is answered.
    </>
  );
}
