import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { serverNow } from '../../api/server-clock.ts';
import { useMay } from '../../api/session.ts';
import { useZone } from '../../api/zone.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Pages } from '../../components/pages.tsx';
import { Screen } from '../../components/screen.tsx';
import { addMonths, dayIn, monthForPeople } from '../../format/when.ts';
import { InvoiceDialog } from './invoice-dialog.tsx';
import { InvoiceTable } from './invoice-table.tsx';
import { IssueDialog } from './issue-dialog.tsx';
import { PlanCard } from './plan-card.tsx';

/** Invoices, and the plan of the workspace. */
export function BillingScreen(): ReactNode {
  const { invoice, cursor, checkout } = useSearch({ from: '/frame/app/billing' });
  const navigate = useNavigate({ from: '/app/billing' });
  const may = useMay();
  const [isIssuing, setIssuing] = useState(false);
  const month = addMonths(dayIn(useZone(), serverNow()), -1).slice(0, 7);
  const name = monthForPeople(month).split(' ')[0] ?? month;
  const invoices = useRead('invoices.list', { limit: 50, ...(cursor && { cursor }) }, { keep: true });
  return (
    <Screen
      title="Billing"
      actions={
        may('invoices.all') ? (
          <Button kind="primary" onClick={() => setIssuing(true)}>
            Invoice {name}
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
      {isIssuing ? <IssueDialog period={month} month={name} onClose={() => setIssuing(false)} /> : null}
      {invoice === undefined ? null : (
        <InvoiceDialog id={invoice} onClose={() => void navigate({ search: ({ invoice: _i, ...rest }) => rest })} />
      )}
    </Screen>
  );
}
