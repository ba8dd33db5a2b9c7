import { type ReactNode, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Money } from '../components/money.tsx';
import { type Column, Table } from '../components/table.tsx';
import styles from './portal.module.css';
import { type Invoices, invoiceFile, PortalError, readInvoices } from './portal-api.ts';
import { ShownAnswer } from './shown-answer.tsx';
import { useAnswer } from './use-answer.ts';

type Invoice = Invoices['data'][number];

/** Invoices and credit notes, the newest first; each number leads to its file. */
export function InvoicesSection({ onOver }: { onOver: (error: PortalError) => void }): ReactNode {
  const answer = useAnswer('invoices', () => readInvoices(undefined), { onOver });
  const [older, setOlder] = useState<Invoices>();
  const [refusal, setRefusal] = useState<string>();
  const more = async (cursor: string): Promise<void> => {
    try {
      const page = await readInvoices(cursor);
      setOlder({ data: [...(older?.data ?? []), ...page.data], next_cursor: page.next_cursor });
      setRefusal(undefined);
    } catch (cause) {
      if (!(cause instanceof PortalError)) throw cause;
      if (cause.status === 401) onOver(cause);
      else setRefusal(cause.message);
    }
  };
  return (
    <ShownAnswer answer={answer}>
      {(newest) => {
        const cursor = (older ?? newest).next_cursor;
        return (
          <>
            <Table
              caption="Invoices and credit notes"
              columns={columns}
              rows={eachOnce([...newest.data, ...(older?.data ?? [])])}
              rowKey={({ id }) => id}
              empty="There is no invoice yet. Each invoice is listed here once it is issued."
            />
            {cursor === null ? null : <Button onClick={() => void more(cursor)}>Older invoices</Button>}
            <p role="alert" className={styles.refusal}>
              {refusal}
            </p>
          </>
        );
      }}
    </ShownAnswer>
  );
}

/** An invoice that is issued meanwhile moves the others on to the next page. */
function eachOnce(invoices: readonly Invoice[]): Invoice[] {
  return [...new Map(invoices.map((invoice) => [invoice.id, invoice])).values()];
}

const columns: readonly Column<Invoice>[] = [
  {
    key: 'number',
    title: 'Number',
    cell: ({ id, label }) => (
      <a href={invoiceFile(id)} download>
        {label}
      </a>
    ),
  },
  { key: 'kind', title: 'Kind', cell: kindOf },
  // The last day is included for people; the end of the period is not.
  {
    key: 'period',
    title: 'Period',
    cell: periodOf,
  },
  { key: 'issued', title: 'Issued', cell: ({ issued_at, timezone }) => dayOf(issued_at, timezone) },
  { key: 'due', title: 'Due', cell: ({ due_at, timezone }) => (due_at === null ? '–' : dayOf(due_at, timezone)) },
  {
    key: 'total',
    title: 'Total',
    end: true,
    cell: ({ total, currency }) => <Money amount={total} currency={currency} />,
  },
];

function kindOf({ kind, status }: Invoice): string {
  if (kind === 'credit_note') return 'Credit note';
  return status === 'void' ? 'Void' : 'Invoice';
}

function periodOf({ from, to, timezone }: Invoice): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: timezone }).formatRange(
    Date.parse(from),
    Date.parse(to) - 1,
  );
}

function dayOf(at: string | number, timezone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: timezone }).format(new Date(at));
}
