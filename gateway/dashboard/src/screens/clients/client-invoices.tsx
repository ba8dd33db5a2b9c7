import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { InvoiceTable } from '../billing/invoice-table.tsx';

export function ClientInvoices({ id }: { id: string }): ReactNode {
  const invoices = useRead('invoices.list', { client_id: id, limit: 100 });
  return (
    <Card title="Invoices">
      <Loaded query={invoices}>{({ data }) => <InvoiceTable invoices={data} />}</Loaded>
    </Card>
  );
}
