import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { useToday } from '../../api/today.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Pages } from '../../components/pages.tsx';
import { Screen } from '../../components/screen.tsx';
import { addMonths, monthForPeople } from '../../format/when.ts';
import { InvoiceDialog } from './invoice-dialog.tsx';
import { InvoiceTable } from './invoice-table.tsx';
import { IssueDialog } from './issue-dialog.tsx';
import { PlanCard } from './plan-card.tsx';

/** Invoices, and the plan of the workspace. */
export function BillingScreen(): ReactNode {
  const { invoice, cursor, checkout } = useSearch({ from: '/frame/app/billing' });
  const navigate = useNavigate({ from: '/app/billing' });
  const may = useMay();
  // The dialog stays with its month, also where the next one begins meanwhile.
  const [issued, setIssued] = useState<string | undefined>();
  const month = addMonths(useToday(), -1).slice(0, 7);
  const invoices = useRead('invoices.list', { limit: 50, ...(cursor && { cursor }) }, { keep: true });
  return (
    <Screen
      title="Billing"
      actions={
        may('invoices.all') ? (
          <Button kind="primary" onClick={() => setIssued(month)}>
            Invoice {nameOf(month)}
          </Button>
        ) : undefined
      }
    >
      {checkout === undefined ? null : (
        <p role="status">
          {checkout === 'success'
            ? 'Thank you. The plan is active as soon as Stripe has confirmed the payment.'
            : 'The plan was not bought.'}
        </p>
      )}
      <Card title="Invoices">
        <Loaded query={invoices}>
          {({ data, next_cursor: next }) => (
            <>
              <InvoiceTable invoices={data} />
              <Pages next={next} cursor={cursor} onCursor={(to) => void navigate({ search: { cursor: to } })} />
            </>
          )}
        </Loaded>
      </Card>
      {may('plan.get') ? <PlanCard /> : null}
      {issued === undefined ? null : (
        <IssueDialog period={issued} month={nameOf(issued)} onClose={() => setIssued(undefined)} />
      )}
      {invoice === undefined ? null : (
        <InvoiceDialog id={invoice} onClose={() => void navigate({ search: ({ invoice: _i, ...rest }) => rest })} />
      )}
    </Screen>
  );
}

function nameOf(month: string): string {
  return monthForPeople(month).split(' ')[0] ?? month;
}
