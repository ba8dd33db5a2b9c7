import type { ReactNode } from 'react';
import { Money } from '../../components/money.tsx';

/** An amount that is a loss where it is negative: the sign says so, and never the colour alone. */
export function SignedMoney({ amount }: { amount: number }): ReactNode {
  return (
    <>
      {amount > 0 ? '+' : ''}
      <Money amount={amount} />
    </>
  );
}
