import { type ReactNode, useState } from 'react';
import { useAnyCall } from '../../api/any-call.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { useZone } from '../../api/zone.ts';
import { Button, buttonStyle } from '../../components/button.tsx';
import { Card, messageOf } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { join } from '../../components/join.ts';
import { Status } from '../../components/status.tsx';
import { useToast } from '../../components/toast.tsx';
import { FirstCall } from './first-call.tsx';
import { FirstKey } from './first-key.tsx';
import styles from './home.module.css';

/** The way to the first call, ticked off by what really happened; gone once all of it has. */
export function Onboarding(): ReactNode {
  const may = useMay();
  const [key, setKey] = useState<string | undefined>();
  const keys = useRead('keys.list', {}, { enabled: may('keys.list') });
  const calls = useAnyCall({ enabled: may('usage.requests') });
  const budgets = useRead('budgets.list', { limit: 1 }, { enabled: may('budgets.list') });
  const webhooks = useRead('webhooks.list', {}, { enabled: may('webhooks.list') });
  const hasCall = calls.data !== undefined && calls.data.data.length > 0;
  const steps = [
    {
      name: 'Create a key',
      needs: 'keys.create',
      query: keys,
      // Those of the first start have the role owner: a tool gets a key of its own, which can do less.
      done: hasCall || keys.data?.data.some(({ role }) => role !== 'owner') === true,
      // It is shown this once.
      stays: key !== undefined,
      content: <FirstKey made={key} onMade={setKey} />,
    },
    {
      name: 'See your first call arrive',
      needs: 'usage.requests',
      query: calls,
      done: hasCall,
      stays: key !== undefined,
      content: <FirstCall apiKey={key} />,
    },
    {
      name: 'Set your first budget',
      needs: 'budgets.create',
      query: budgets,
      stays: false,
      done: budgets.data !== undefined && budgets.data.data.length > 0,
      content: <FirstBudget />,
    },
    {
      name: 'Get your first alert',
      needs: 'webhooks.create',
      query: webhooks,
      stays: false,
      done: webhooks.data !== undefined && webhooks.data.data.length > 0,
      content: (
        <div>
          <GoLink href="/app/alerts" className={buttonStyle('plain', true)}>
            Choose where alerts go
          </GoLink>
        </div>
      ),
    },
  ].filter(({ needs }) => may(needs));
  const isKnown = steps.every(({ query }) => query.data !== undefined);
  const open = steps.findIndex(({ done }) => !done);
  if (!isKnown || open < 0) return null;
  return (
    <Card title="Get started">
      <ol className={styles.steps}>
        {steps.map(({ name, done, stays, content }, index) => (
          <li key={name} className={join(styles.step, done && !stays && styles.ticked)}>
            <div className={styles.stepHead}>
              <Status kind={done ? 'good' : 'plain'}>{done ? 'Done' : `Step ${index + 1}`}</Status>
              <strong>{name}</strong>
            </div>
            {done && !stays ? null : content}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function FirstBudget(): ReactNode {
  const create = useChange('budgets.create');
  const timezone = useZone();
  const toast = useToast();
  const onClick = async (): Promise<void> => {
    try {
      const scope = { scenario_id: '*' };
      await create.mutateAsync({ name: 'Each scenario', scope, limit_usd: 5, period: 'day', timezone });
      toast({ text: 'Every scenario has a budget of $5 a day' });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <div>
      <p>A loop then costs $5 at most.</p>
      <Button small disabled={create.isPending} onClick={() => void onClick()}>
        $5 a day for each scenario
      </Button>
    </div>
  );
}
