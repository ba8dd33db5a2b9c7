import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { DownloadButton } from '../../components/download-button.tsx';
import { PagedTable } from '../../components/pages.tsx';
import { When } from '../../components/when.tsx';
import { changeName } from './change-words.ts';

/** Changes, each with its author. */
export function AuditCard(): ReactNode {
  const [cursor, setCursor] = useState<string | undefined>();
  const audit = useRead('audit.list', { limit: 50, ...(cursor && { cursor }) }, { keep: true });
  return (
    <Card title="Changes" actions={<DownloadButton label="Export" href="/v1/audit?format=csv" name="audit.csv" />}>
      <PagedTable
        stacked
        caption="Changes"
        columns={[
          { key: 'at', title: 'When', cell: ({ created_at: at }) => <When at={at} /> },
          { key: 'by', title: 'By', cell: ({ actor }) => <bdi>{actor.name ?? actor.type}</bdi> },
          {
            key: 'operation',
            title: 'Change',
            line: true,
            cell: ({ operation }) => <span title={operation}>{changeName(operation)}</span>,
          },
          {
            key: 'target',
            title: 'Of',
            cell: ({ target }) => <bdi>{target === null ? '–' : (target.name ?? target.id)}</bdi>,
          },
          { key: 'address', title: 'From', cell: ({ address }) => address ?? '–' },
        ]}
        query={audit}
        cursor={cursor}
        onCursor={setCursor}
        rowKey={({ id }) => id}
        empty="Nothing has been changed yet."
      />
    </Card>
  );
}
