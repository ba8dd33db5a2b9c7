import type { ReactNode } from 'react';
import { useChange, useRead } from '../../api/queries.ts';
import { useZone } from '../../api/zone.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard, Loaded } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { clockAt, momentForPeople } from '../../format/when.ts';
import { InvoiceFiles } from './invoice-files.tsx';

/** A client before its invoice is issued, or after. */
interface Row {
  client_id: string;
  /** Of the invoice that was issued. */
  id?: string | null;
  name: string;
  status: string;
  total: number | null;
  currency: string | null;
  /** Where the period to bill begins; of an invoice that is issued it does not matter here. */
  from?: string;
}

const statusWords: Readonly<Record<string, string>> = {
  to_bill: 'to bill',
  made: 'issued',
  nothing_to_bill: 'nothing to bill',
  already_billed: 'invoiced already',
  under_way: 'calls still in progress',
};

/** All clients for one month: what is going to be issued, and then what was. */
export function IssueDialog({
  period,
  month,
  onClose,
}: {
  period: string;
  month: string;
  onClose: () => void;
}): ReactNode {
  const preview = useRead('invoices.preview', { period });
  const issue = useChange('invoices.all');
  const issued = issue.data?.data;
  const zone = useZone();
  return (
    <Dialog title={`Invoice ${month}`} wide onClose={onClose}>
      <div className={styles.stack}>
        <Loaded query={preview}>
          {({ data }) => {
            const due = data.filter(({ status }) => status === 'to_bill');
            return (
              <>
                <Table
                  caption={`Clients in ${month}`}
                  columns={[
                    { key: 'name', title: 'Client', cell: ({ name }: Row) => <bdi>{name}</bdi> },
                    { key: 'status', title: 'Status', cell: (row: Row) => stateOf(row, { period, zone }) },
                    {
                      key: 'total',
                      title: 'Total',
                      end: true,
                      cell: ({ total, currency }: Row) =>
                        total === null || currency === null ? '–' : <Money amount={total} currency={currency} />,
                    },
                  ]}
                  rows={issued ?? data}
                  rowKey={({ client_id: client, id, from }: Row) => `${client} ${id ?? from ?? ''}`}
                  empty={`No client has used anything in ${month}.`}
                />
                {issue.isError ? <ErrorCard error={issue.error} /> : null}
                <div className={styles.row}>
                  {issued === undefined && due.length === 0 ? <p>No invoice is due.</p> : null}
                  {issued === undefined ? (
                    due.length === 0 ? null : (
                      <Button kind="primary" disabled={issue.isPending} onClick={() => issue.mutate({ period })}>
                        Issue {due.length}
                      </Button>
                    )
                  ) : (
                    <>
                      <p role="status">
                        Issued for {month}: {issued.filter(({ status }) => status === 'made').length}.
                      </p>
                      <InvoiceFiles period={period} />
                    </>
                  )}
                  <Button onClick={onClose}>Close</Button>
                </div>
              </>
            );
          }}
        </Loaded>
      </div>
    </Dialog>
  );
}

/** An invoice of the running month may cover the beginning of the month: the rest is to bill. */
function stateOf({ status, from }: Row, { period, zone }: { period: string; zone: string }): string {
  const words = statusWords[status] ?? status;
  if (status !== 'to_bill' || from === undefined) return words;
  const isWhole = clockAt(Date.parse(from), zone) === `${period}-01T00:00`;
  return isWhole ? words : `${words} from ${momentForPeople(from, zone)}`;
}
