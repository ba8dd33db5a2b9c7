import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Loaded } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { DownloadButton } from '../../components/download-button.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { countForPeople } from '../../format/money.ts';
import { periodForPeople } from '../../format/when.ts';
import { useFormDialog } from '../../frame/overlay.tsx';

/** One invoice: its lines, its files, and the way to take it back. */
export function InvoiceDialog({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const invoice = useRead('invoices.get', { id });
  const may = useMay();
  const openForm = useFormDialog();
  return (
    <Dialog title={`${nameOf(invoice.data?.kind)} ${invoice.data?.label ?? ''}`} wide onClose={onClose}>
      <Loaded query={invoice}>
        {(data) => (
          <div className={styles.stack}>
            <p>
              <bdi>{data.client.name}</bdi>, {periodForPeople(data)}:{' '}
              <Money amount={data.total} currency={data.currency} />
            </p>
            <Table
              caption="Lines"
              columns={[
                { key: 'text', title: 'Line', cell: ({ description }) => <bdi>{description}</bdi> },
                { key: 'calls', title: 'Calls', end: true, cell: ({ requests }) => countForPeople(requests) },
                {
                  key: 'amount',
                  title: 'Amount',
                  end: true,
                  cell: ({ amount }) => <Money amount={amount} currency={data.currency} />,
                },
              ]}
              rows={data.lines}
              rowKey={({ description }) => description}
              empty="This invoice has no lines."
            />
            <div className={styles.row}>
              {data.url == null ? null : (
                <a href={data.url} target="_blank" rel="noreferrer">
                  Open the {nameOf(data.kind).toLowerCase()}
                </a>
              )}
              {data.url == null ? null : <CopyButton text={data.url} label="Copy link" />}
              <DownloadButton label="CSV" href={`/v1/invoices/${id}?format=csv`} name={`${data.label}.csv`} />
              {may('invoices.void') && data.kind === 'invoice' && data.status === 'issued' ? (
                <Button
                  kind="danger"
                  onClick={() => {
                    onClose();
                    openForm({
                      operation: 'invoices.void',
                      title: `Void invoice ${data.label}`,
                      fixed: { id },
                      confirmName: data.label,
                      submit: 'Void',
                    });
                  }}
                >
                  Void
                </Button>
              ) : null}
            </div>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function nameOf(kind: 'invoice' | 'credit_note' = 'invoice'): string {
  return kind === 'credit_note' ? 'Credit note' : 'Invoice';
}
