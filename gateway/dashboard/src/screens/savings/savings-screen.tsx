import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { useZone } from '../../api/zone.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { GroupButtons } from '../../components/group-buttons.tsx';
import { Money } from '../../components/money.tsx';
import { NoCalls } from '../../components/no-calls.tsx';
import styles from '../../components/parts.module.css';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { Screen } from '../../components/screen.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { callsForPeople, countForPeople, moneyForPeople } from '../../format/money.ts';
import { dayForPeople, daysForPeople, placeOf } from '../../format/when.ts';
import { CacheCard } from './cache-card.tsx';
import {
  groupTitles,
  notMeasured,
  type Part,
  partNames,
  parts,
  type SavingGroup,
  savingGroups,
  sayEvidence,
  shareSaved,
  splitAuto,
  sumOf,
} from './saving-words.ts';
import { SignedMoney } from './signed-money.tsx';

type Savings = OutputOf<'savings.get'>;
type Row = Savings['data'][number];

/** The savings of the gateway, each dollar counted once and with its sign, and the evidence for them. */
export function SavingsScreen(): ReactNode {
  const { range = 'month', by = 'day' } = useSearch({ from: '/frame/app/savings' });
  const navigate = useNavigate({ from: '/app/savings' });
  const may = useMay();
  const zone = useZone();
  const days = useDays(range);
  const savings = useRead('savings.get', { ...days, group_by: by }, { keep: true });
  // Tasks are asked for only where they explain something.
  const hasAuto = (savings.data?.totals.saved_usd.auto ?? 0) !== 0;
  const tasks = useRead('savings.get', { ...days, group_by: 'task' }, { keep: true, enabled: hasAuto });
  const known = useRead('auto.tasks', { limit: 1_000 }, { enabled: by === 'task' && may('auto.tasks') });
  const taskNames = new Map((known.data?.data ?? []).map((one) => [one.task, one.prompt_id ?? one.topic]));
  const clientName = useClientNames(by === 'client' ? (savings.data?.data ?? []).map((row) => row.client_id) : []);
  return (
    <Screen title="Savings" note={`${ranges[range]}, ${daysForPeople(days)}, ${placeOf(zone)} time`}>
      <RangeButtons chosen={range} onChoose={(name) => void navigate({ search: (s) => ({ ...s, range: name }) })} />
      <Card title="Saved">
        <Loaded query={savings}>{({ totals }) => <Totals totals={totals} tasks={tasks.data?.data ?? []} />}</Loaded>
      </Card>
      <Card title={`By ${by}`}>
        <div className={styles.stack}>
          <GroupButtons
            groups={savingGroups}
            chosen={by}
            onChoose={(group) => void navigate({ search: (s) => ({ ...s, by: group }) })}
          />
          <Loaded query={savings}>
            {({ data }) => (
              <Table
                caption={`Savings by ${by}`}
                columns={columnsFor(by, { taskNames, clientName })}
                rows={data}
                rowKey={(row) => JSON.stringify([row.day, row.client_id, row.task, row.model])}
                empty={<NoCalls />}
              />
            )}
          </Loaded>
        </div>
      </Card>
      {may('cache.stats') ? <CacheCard /> : null}
    </Screen>
  );
}

function Totals({ totals, tasks }: { totals: Savings['totals']; tasks: readonly Row[] }): ReactNode {
  const { saved_usd: saved, cost_usd: cost, calls, second_answers_usd: second } = totals;
  const share = shareSaved(saved, cost);
  const { measured, others } = splitAuto(tasks);
  return (
    <div className={styles.stack}>
      <p className={styles.figure}>
        <SignedMoney amount={sumOf(saved)} />
        {share === undefined ? '' : ` (${share} % of what the calls would have cost)`}
      </p>
      <dl className={styles.facts}>
        {partNames.map((part) => (
          <div key={part}>
            <dt className={styles.muted}>{parts[part]}</dt>
            <dd>
              <SignedMoney amount={saved[part]} />
              {part === 'auto' && saved.auto !== 0 ? (
                <span className={styles.muted}>
                  {' '}
                  {measured === 0
                    ? notMeasured
                    : others === 0
                      ? 'with evidence'
                      : `${moneyForPeople(measured)} with evidence, ${moneyForPeople(others)} ${notMeasured}`}
                </span>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
      <p>
        {callsForPeople(calls)} for <Money amount={cost} />. Each dollar is counted once: first the model, then the
        cache of the provider, then the response cache. A minus marks a part that cost more than it saved.
      </p>
      {second > 0 ? (
        <p>
          Second answers, by which auto learns, cost <Money amount={second} /> beside this. That leaves{' '}
          <SignedMoney amount={sumOf(saved) - second} />.
        </p>
      ) : null}
      {sumOf(saved) === 0 ? (
        <p>
          Nothing is saved yet. Call the model auto, add a <Link to="/app/routing">rule</Link>, or keep answers with the
          header x-gateway-cache.
        </p>
      ) : null}
    </div>
  );
}

interface Names {
  /** The prompt or the type of tasks that were compared, by their key. */
  taskNames: ReadonlyMap<string, string>;
  clientName: (id: string) => string;
}

function columnsFor(by: SavingGroup, names: Names): readonly Column<Row>[] {
  const part = (name: Part): Column<Row> => ({
    key: name,
    title: parts[name],
    end: true,
    amount: ({ saved_usd: saved }) => (saved[name] === 0 ? undefined : saved[name]),
    // Most clients use one or two of the parts: nothing is a dash, so that the amounts are seen.
    cell: ({ saved_usd: saved }) => (saved[name] === 0 ? '–' : <SignedMoney amount={saved[name]} />),
  });
  return [
    { key: 'name', title: groupTitles[by], cell: (row) => <bdi>{nameOf(row, by, names)}</bdi> },
    { key: 'calls', title: 'Calls', end: true, cell: ({ calls }) => countForPeople(calls) },
    {
      key: 'cost',
      title: 'Cost',
      end: true,
      amount: ({ cost_usd: cost }) => cost,
      cell: ({ cost_usd: cost }) => <Money amount={cost} />,
    },
    ...partNames.map(part),
    {
      key: 'total',
      title: 'Saved',
      end: true,
      amount: ({ saved_usd: saved }) => sumOf(saved),
      cell: ({ saved_usd: saved }) => (
        <strong>
          <SignedMoney amount={sumOf(saved)} />
        </strong>
      ),
    },
    {
      key: 'evidence',
      title: 'Evidence of auto',
      wide: true,
      cell: ({ evidence, saved_usd: { auto } }) => (auto === 0 && evidence === null ? '–' : sayEvidence(evidence)),
    },
  ];
}

function nameOf(row: Row, by: SavingGroup, { taskNames, clientName }: Names): string {
  if (by === 'day') return row.day === null ? 'none' : dayForPeople(row.day);
  if (by === 'task' && row.task === 'other') return 'Other tasks';
  if (by === 'task' && row.task !== null)
    return [taskNames.get(row.task), row.task.slice(0, 8)].filter((part) => part !== undefined).join(' · ');
  const client = row.client_id === null ? null : clientName(row.client_id);
  return { client, task: null, model: row.model }[by] ?? `No ${by}`;
}
