import type { ReactNode } from 'react';
import { Card } from '../../components/card.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import type { WholePrompt } from './whole-prompt.ts';

type Move = WholePrompt['label_log'][number];

/** Each move of a label with its author and note, the newest first. */
export function MovesCard({ prompt }: { prompt: WholePrompt }): ReactNode {
  return (
    <Card title="Moves of labels">
      <Table
        stacked
        caption="Moves of labels"
        columns={columns}
        rows={prompt.label_log}
        rowKey={({ label, changed_at: at, to_version: to }) => `${label} ${at} ${to}`}
        empty="No label has been moved yet."
      />
    </Card>
  );
}

const columns: readonly Column<Move>[] = [
  { key: 'label', title: 'Label', cell: ({ label }) => <bdi>{label}</bdi> },
  { key: 'from', title: 'From version', cell: ({ from_version: from }) => from ?? '–' },
  { key: 'to', title: 'To version', cell: ({ to_version: to }) => to ?? 'deleted' },
  { key: 'note', title: 'Note', wide: true, cell: ({ note }) => <bdi>{note === '' ? '–' : note}</bdi> },
  { key: 'by', title: 'By', cell: ({ changed_by: by }) => <bdi>{by.name ?? by.id}</bdi> },
  { key: 'at', title: 'When', cell: ({ changed_at: at }) => <When at={at} /> },
];
