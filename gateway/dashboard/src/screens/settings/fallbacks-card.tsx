import { Fragment, type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import parts from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { type Chain, FallbackDialog } from './fallback-dialog.tsx';

/** Where a call goes when its model fails: for each model the next ones, in their order. */
export function FallbacksCard(): ReactNode {
  const may = useMay();
  const fallbacks = useRead('fallbacks.get', {});
  const [open, setOpen] = useState<Chain | undefined>();
  const canChange = may('fallbacks.set');
  return (
    <Card
      title="Fallbacks"
      actions={
        canChange ? (
          <Button kind="primary" small onClick={() => setOpen({ model: '', next: [''] })}>
            Add fallbacks
          </Button>
        ) : undefined
      }
    >
      <Loaded query={fallbacks}>
        {(map) => (
          <Table
            stacked
            caption="Fallbacks"
            columns={[
              { key: 'model', title: 'When this model fails', cell: ({ model }: Chain) => <bdi>{model}</bdi> },
              {
                key: 'next',
                title: 'These are tried, in this order',
                cell: ({ next }: Chain) =>
                  next.length === 0 ? (
                    <span className={parts.muted}>none: the call fails</span>
                  ) : (
                    next.map((model, at) => (
                      <Fragment key={model}>
                        {at === 0 ? '' : ', then '}
                        <bdi className={parts.unbroken}>{model}</bdi>
                      </Fragment>
                    ))
                  ),
              },
              {
                key: 'do',
                title: '',
                cell: (chain: Chain) =>
                  canChange ? (
                    <span className={`${parts.row} screen-only`}>
                      <Button small aria-label={`Change ${chain.model}`} onClick={() => setOpen(chain)}>
                        Change
                      </Button>
                    </span>
                  ) : null,
              },
            ]}
            rows={Object.entries(map).map(([model, next]) => ({ model, next }))}
            rowKey={({ model }) => model}
            empty="No fallbacks of your own: a model that fails is followed by one of the same class at another vendor."
          />
        )}
      </Loaded>
      {open === undefined ? null : <FallbackDialog chain={open} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}
