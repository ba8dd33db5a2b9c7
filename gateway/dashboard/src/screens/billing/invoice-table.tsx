import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Money } from '../../components/money.tsx';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { dayIn, longDayForPeople, periodForPeople } from '../../format/when.ts';

export type Invoice = OutputOf<'invoices.list'>['data'][number];

export function InvoiceTable({ invoices }: { invoices: readonly Invoice[] }): ReactNode {
  return (
    <Table
      stacked
      caption="Invoices"
      columns={[
        {
          key: 'number',
          title: 'Number',
          cell: ({ id, label }) => (
            <Link to="/app/billing" search={(before) => ({ ...before, invoice: id })}>
              {label}
            </Link>
          ),
        },
        { key: 'client', title: 'Client', cell: ({ client }) => <bdi>{client.name}</bdi> },
        {
          key: 'total',
          title: 'Total',
          end: true,
          main: true,
          cell: ({ total, currency }) => <Money amount={total} currency={currency} />,
        },
        {
          key: 'period',
          title: 'Period',
          line: true,
          cell: periodForPeople,
        },
        {
          key: 'issued',
          title: 'Issued',
          line: true,
          cell: ({ issued_at: at, timezone }) => longDayForPeople(dayIn(timezone, Date.parse(at))),
        },
        {
          key: 'status',
          title: 'Status',
          cell: ({ kind, status }) =>
            kind === 'credit_note' ? (
              <Status kind="plain">Credit note</Status>
            ) : (
              <Status kind={status === 'issued' ? 'good' : 'warn'}>{status === 'issued' ? 'Issued' : 'Void'}</Status>
            ),
        },
      ]}
      rows={invoices}
      rowKey={({ id }) => id}
      empty="No invoice yet. Invoices of a month are issued once it is over."
    />
  );
}
