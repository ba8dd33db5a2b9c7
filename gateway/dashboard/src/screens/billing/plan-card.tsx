import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Bar } from '../../components/bar.tsx';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { When } from '../../components/when.tsx';
import { countForPeople, shortCount } from '../../format/money.ts';

const states = {
  none: 'not bought',
  active: 'active',
  past_due: 'past due: a payment failed',
  canceled: 'canceled',
} as const;

/** The price of the gateway itself, and how much of it is used. */
export function PlanCard(): ReactNode {
  const plan = useRead('plan.get', {});
  const may = useMay();
  const checkout = useChange('plan.checkout');
  const portal = useChange('plan.portal');
  const go = async (change: typeof checkout | typeof portal): Promise<void> => {
    const { url } = await change.mutateAsync({});
    location.assign(url);
  };
  const error = checkout.error ?? portal.error;
  return (
    <Card title="Plan">
      <Loaded query={plan}>
        {(data) => (
          <div className={styles.stack}>
            <p>
              {isCharged(data) ? (
                <>
                  {data.name}, <Money amount={data.fee_usd} /> a month: {states[data.status]}.
                </>
              ) : (
                `This gateway sells no plan: tokens are counted against those of the plan ${data.name}, and nothing is charged.`
              )}
            </p>
            <Bar
              label="Included tokens"
              used={data.used_tokens / data.included_tokens}
              status={data.overage_tokens > 0 ? 'warning' : 'ok'}
              text={`${shortCount(data.used_tokens)} of ${shortCount(data.included_tokens)} tokens`}
            />
            <p>
              {countForPeople(data.used_tokens)} of {countForPeople(data.included_tokens)} tokens
              {isCharged(data) ? (
                <>
                  , overage <Money amount={data.overage_usd} />
                </>
              ) : null}
              . The period ends <When at={data.period_end} />.
            </p>
            {error === null ? null : <ErrorCard error={error} />}
            <div className={styles.row}>
              {may('plan.checkout') && data.for_sale && (data.status === 'none' || data.status === 'canceled') ? (
                <Button onClick={() => void go(checkout).catch(() => {})}>Buy the plan</Button>
              ) : null}
              {may('plan.portal') && data.for_sale && data.status !== 'none' ? (
                <Button onClick={() => void go(portal).catch(() => {})}>Manage the plan</Button>
              ) : null}
            </div>
          </div>
        )}
      </Loaded>
    </Card>
  );
}

/** A plan that was bought is charged for also where the gateway sells it no longer. */
function isCharged({ for_sale: isForSale, status }: OutputOf<'plan.get'>): boolean {
  return isForSale || status !== 'none';
}
