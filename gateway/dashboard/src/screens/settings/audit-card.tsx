import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { DownloadButton } from '../../components/download-button.tsx';
import { Pages } from '../../components/pages.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';

/** Changes, each with its author. */
export function AuditCard(): ReactNode {
  const [cursor, setCursor] = useState<string | undefined>();
  const audit = useRead('audit.list', { limit: 50, ...(cursor && { cursor }) }, { keep: true });
  return (
    <Card title="Changes" actions={<DownloadButton label="Export" href="/v1/audit?format=csv" name="audit.csv" />}>
      <Loaded query={audit}>
        {({ data, next_cursor: next }) => (
          <>
            <Table
              caption="Changes"
              columns={[
                { key: 'at', title: 'When', cell: ({ created_at: at }) => <When at={at} /> },
                { key: 'by', title: 'By', cell: ({ actor }) => <bdi>{actor.name ?? actor.type}</bdi> },
                { key: 'operation', title: 'Change', cell: ({ operation }) => <code>{operation}</code> },
                {
                  key: 'target',
                  title: 'Of',
                  cell: ({ target }) => <bdi>{target === null ? '–' : (target.name ?? target.id)}</bdi>,
                },
                { key: 'address', title: 'From', cell: ({ address }) => address ?? '–' },
              ]}
              rows={data}
              rowKey={({ id }) => id}
              empty="Nothing has been changed yet."
            />
            <Pages
              next={next}
              onNext={setCursor}
              onFirst={cursor === undefined ? undefined : () => setCursor(undefined)}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}
