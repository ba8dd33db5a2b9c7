import type { OutputOf } from '@ai-gateway/shared/contract';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard } from '../../components/card.tsx';
import { LabelledText } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';

type Client = OutputOf<'clients.get'>;

/** Markup and currency, to be changed in place; the rest of the billing settings in a form. */
export function ClientBilling({ client }: { client: Client }): ReactNode {
  const may = useMay();
  const change = useChange('clients.set');
  const toast = useToast();
  const openForm = useFormDialog();
  const [markup, setMarkup] = useState(String(client.markup_percent ?? 0));
  const [currency, setCurrency] = useState(client.currency);
  const [rate, setRate] = useState(String(client.exchange_rate ?? 1));
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const before = {
      markup_percent: client.markup_percent ?? 0,
      currency: client.currency,
      exchange_rate: client.exchange_rate,
    };
    await change
      .mutateAsync({ id: client.id, markup_percent: Number(markup), currency, exchange_rate: Number(rate) })
      .then(() =>
        toast({
          text: `Billing of ${client.name} is saved`,
          undo: () => change.mutateAsync({ id: client.id, ...before }),
        }),
      )
      .catch(() => {});
  };
  const readOnly = !may('clients.set');
  return (
    <Card
      title="Billing"
      actions={
        readOnly ? undefined : (
          <Button
            small
            onClick={() =>
              openForm({
                operation: 'clients.set',
                title: `Billing details of ${client.name}`,
                fixed: { id: client.id },
                initial: client,
                submit: 'Save',
              })
            }
          >
            All details
          </Button>
        )
      }
    >
      <form className={styles.stack} onSubmit={(event) => void save(event)}>
        <div className={styles.row}>
          <LabelledText
            label="Markup %"
            help="On all that is not invoiced yet"
            inputMode="decimal"
            value={markup}
            readOnly={readOnly}
            onChange={(event) => setMarkup(event.target.value)}
          />
          <LabelledText
            label="Currency"
            value={currency}
            readOnly={readOnly}
            onChange={(event) => setCurrency(event.target.value.toUpperCase())}
          />
          <LabelledText
            label="Exchange rate"
            help={currency === 'USD' ? undefined : `${currency} for one dollar`}
            inputMode="decimal"
            value={rate}
            readOnly={readOnly}
            onChange={(event) => setRate(event.target.value)}
          />
        </div>
        {change.isError ? <ErrorCard error={change.error} /> : null}
        {readOnly ? null : (
          <div className={styles.row}>
            <Button type="submit" kind="primary" disabled={change.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}
