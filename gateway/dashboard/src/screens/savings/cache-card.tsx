import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay, useSession } from '../../api/session.ts';
import { Bar } from '../../components/bar.tsx';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { When } from '../../components/when.tsx';
import { bytesForPeople, countForPeople } from '../../format/money.ts';
import { useFormDialog } from '../../frame/overlay.tsx';

/** The answers that are kept, what they saved, and the way to be rid of them. */
export function CacheCard(): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const { workspace } = useSession();
  const stats = useRead('cache.stats', {});
  return (
    <Card
      title="Response cache"
      actions={
        may('cache.clear') ? (
          <Button
            small
            kind="danger"
            onClick={() =>
              openForm({
                operation: 'cache.clear',
                title: 'Clear the response cache',
                submit: 'Clear',
                confirmName: workspace?.name ?? 'cache',
                done: 'The answers are deleted. Models answer again.',
              })
            }
          >
            Clear
          </Button>
        ) : undefined
      }
    >
      <Loaded query={stats}>
        {({ entries, max_entries: most, bytes, max_bytes: mostBytes, oldest_at: oldest, last_30_days: month }) =>
          entries === 0 && month.cache_hits === 0 ? (
            <Empty>
              No answer is kept. A call turns it on with the header x-gateway-cache: ttl=3600, and a key, a rule or a
              prompt does it for all of their calls.
            </Empty>
          ) : (
            <div className={styles.stack}>
              <p>
                {countForPeople(month.cache_hits)} of {countForPeople(month.requests)} calls of the last 30 days were
                answered from memory, and saved <Money amount={month.saved_usd} />.
              </p>
              <Bar label="Room of the response cache" used={bytes / mostBytes} text={`${bytesForPeople(bytes)} used`} />
              <p className={styles.muted}>
                {countForPeople(entries)} of {countForPeople(most)} answers, {bytesForPeople(bytes)} of{' '}
                {bytesForPeople(mostBytes)}
                {oldest === null ? null : (
                  <>
                    , the oldest <When at={oldest} />
                  </>
                )}
              </p>
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
