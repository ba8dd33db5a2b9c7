import type { ReactNode } from 'react';
import { moneyForPeople, wholeAmount } from '../format/money.ts';

interface MoneyProps {
  amount: number;
  /** USD unless said. */
  currency?: string;
  /** The gateway counted the tokens itself. */
  estimated?: boolean;
}

/** An amount: rounded for people, in full as its title. */
export function Money({ amount, currency = 'USD', estimated = false }: MoneyProps): ReactNode {
  return (
    <span title={wholeAmount(amount, currency)}>
      {estimated ? '≈ ' : ''}
      {moneyForPeople(amount, currency)}
    </span>
  );
}
