import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { KeyTable } from '../keys/key-table.tsx';

/** The portal links of a client, and the keys that are locked to it. */
export function ClientLinks({ id }: { id: string }): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const links = useRead('clients.links.list', { id, limit: 100 }, { enabled: may('clients.links.list') });
  const keys = useRead('keys.list', {}, { enabled: may('keys.list') });
  return (
    <>
      <Card
        title="Portal links"
        actions={
          may('clients.links.create') ? (
            <Button
              small
              onClick={() =>
                openForm({
                  operation: 'clients.links.create',
                  title: 'New link',
                  fixed: { id },
                  submit: 'Create link',
                })
              }
            >
              With a password or an end
            </Button>
          ) : undefined
        }
      >
        <Loaded query={links}>
          {({ data }) => (
            <Table
              stacked
              caption="Portal links"
              columns={[
                { key: 'name', title: 'Name', cell: ({ name }) => <bdi>{name}</bdi> },
                { key: 'expires', title: 'Expires', cell: ({ expires_at: at }) => <When at={at} /> },
                {
                  key: 'opened',
                  title: 'Last opened',
                  cell: ({ last_opened_at: at }) => (at === null ? 'Never' : <When at={at} />),
                },
                {
                  key: 'do',
                  title: '',
                  cell: ({ id: linkId, name }) =>
                    may('clients.links.revoke') ? (
                      <Button
                        small
                        kind="danger"
                        onClick={() =>
                          openForm({
                            operation: 'clients.links.revoke',
                            title: `Revoke the link ${name}`,
                            fixed: { id, link_id: linkId },
                            confirmName: name,
                            submit: 'Revoke',
                          })
                        }
                      >
                        Revoke
                      </Button>
                    ) : null,
                },
              ]}
              rows={data}
              rowKey={({ id: linkId }) => linkId}
              empty="No link yet. Share makes one: your client sees billed usage, budget and invoices, and never your cost."
            />
          )}
        </Loaded>
      </Card>
      {may('keys.list') ? (
        <Card title="Keys of this client">
          <Loaded query={keys}>
            {({ data }) => <KeyTable keys={data.filter(({ tags }) => tags.client_id === id)} />}
          </Loaded>
        </Card>
      ) : null}
    </>
  );
}
