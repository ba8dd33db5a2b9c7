import type { OutputOf } from '@ai-gateway/shared/contract';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { type Column, Table } from '../../components/table.tsx';
import { countForPeople, durationForPeople } from '../../format/money.ts';

type Figures = OutputOf<'prompts.metrics'>['data'][number];

/** Each version in figures: calls, cost, time, errors, and what people thought of its answers. */
export function FiguresCard({ id }: { id: string }): ReactNode {
  const { range = 'month' } = useSearch({ from: '/frame/app/prompts/$id' });
  const navigate = useNavigate({ from: '/app/prompts/$id' });
  const metrics = useRead('prompts.metrics', { id, ...useDays(range) }, { keep: true });
  return (
    <Card title={`Figures by version, ${ranges[range].toLowerCase()}`}>
      <div className={styles.stack}>
        <RangeButtons
          chosen={range}
          onChoose={(name) => void navigate({ search: (before) => ({ ...before, range: name }) })}
        />
        <Loaded query={metrics}>
          {({ data }) => (
            <Table
              caption="Figures by version"
              columns={columns}
              rows={data}
              rowKey={({ version }) => String(version)}
              empty="No call has used this prompt in this range."
            />
          )}
        </Loaded>
      </div>
    </Card>
  );
}

const columns: readonly Column<Figures>[] = [
  { key: 'version', title: 'Version', cell: ({ version }) => version },
  { key: 'calls', title: 'Calls', end: true, cell: ({ calls }) => countForPeople(calls) },
  { key: 'cost', title: 'Cost', end: true, cell: ({ cost_usd: cost }) => <Money amount={cost} /> },
  {
    key: 'each',
    title: 'Cost a call',
    end: true,
    cell: ({ cost_usd: cost, calls }) => (calls === 0 ? '–' : <Money amount={cost / calls} />),
  },
  { key: 'p50', title: 'Time (P50)', end: true, cell: ({ p50_ms: ms }) => timeOf(ms) },
  { key: 'p95', title: 'Time (P95)', end: true, cell: ({ p95_ms: ms }) => timeOf(ms) },
  { key: 'errors', title: 'Errors', end: true, cell: ({ errors, calls }) => shareOf(errors, calls) },
  { key: 'json', title: 'Valid JSON', end: true, cell: ({ json_ok: ok, json_calls: of }) => shareOf(ok, of) },
  {
    key: 'feedback',
    title: 'Feedback',
    end: true,
    cell: ({ feedback, feedback_score: score }) =>
      score === null ? '–' : `${Math.round(score * 100)} % of ${countForPeople(feedback)}`,
  },
  { key: 'hits', title: 'From memory', end: true, cell: ({ cache_hits: hits, calls }) => shareOf(hits, calls) },
];

function timeOf(ms: number | null): string {
  return ms === null ? '–' : durationForPeople(ms);
}

function shareOf(part: number, of: number): string {
  return of === 0 ? '–' : `${countForPeople(part)} (${Math.round((part / of) * 100)} %)`;
}
