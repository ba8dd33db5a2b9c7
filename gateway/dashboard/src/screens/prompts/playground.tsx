import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueries } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call, callInTest } from '../../api/client.ts';
import { useMode } from '../../api/mode.ts';
import { keyOf } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { Switch } from '../../components/switch.tsx';
import { useLater } from '../../components/use-later.ts';
import { moneyForPeople } from '../../format/money.ts';
import { choiceOf, mostColumns, type PlayColumn, readColumns, writeColumns } from './columns.ts';
import own from './playground.module.css';
import { type Run, RunColumn } from './run-column.tsx';
import { fieldsOfAll, ValueForm, valuesOf } from './value-form.tsx';
import type { WholePrompt } from './whole-prompt.ts';

type Rendered = OutputOf<'prompts.render'>;

/** Versions and models side by side, with the same values. Nothing is sent before the price is on screen, and nothing costs money unless live is chosen. */
export function Playground({ prompt }: { prompt: WholePrompt }): ReactNode {
  const { columns: text } = useSearch({ from: '/frame/app/prompts/$id' });
  const navigate = useNavigate({ from: '/app/prompts/$id' });
  const mode = useMode();
  const may = useMay();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [wantsLive, setWantsLive] = useState(false);
  const [runs, setRuns] = useState<Readonly<Record<number, Run>>>({});
  const first = { version: String(prompt.newest_version ?? 'production'), model: '' };
  const columns = readColumns(text, first);
  const isLive = wantsLive && mode === 'live';
  const show = (next: readonly PlayColumn[]): void => {
    setRuns({});
    void navigate({ search: (before) => ({ ...before, columns: writeColumns(next) }), replace: true });
  };
  const each = useFields(prompt.id, columns);
  const fields = fieldsOfAll(each.map((own) => own ?? []));
  const variables = valuesOf(fields, typed);
  const later = useLater(variables, JSON.stringify(variables));
  // A refusal for each letter that is typed helps nobody: what is missing is in sight.
  const isFilled = each.map((own) => own?.every(({ name, required }) => !required || name in later) ?? false);
  const renders = useRenders(prompt.id, columns, later, isFilled);
  const most = renders.reduce((sum, { data }) => sum + (data?.max_cost_usd ?? 0), 0);
  const isPriced = renders.every(({ data }) => data !== undefined && data.max_cost_usd !== null);
  const isBusy = Object.values(runs).some(({ state }) => state === 'running');

  const runAll = async (): Promise<void> => {
    setRuns(Object.fromEntries(columns.map((_, at) => [at, { state: 'running' }])));
    await Promise.all(
      columns.map(async (column, at) => {
        const input = { id: prompt.id, ...choiceOf(column), variables };
        const begun = performance.now();
        try {
          const answer = isLive ? await call('prompts.run', input) : await callInTest('prompts.run', input);
          setRuns((all) => ({ ...all, [at]: { state: 'done', answer, isLive, ms: performance.now() - begun } }));
        } catch (error) {
          setRuns((all) => ({ ...all, [at]: { state: 'failed', error } }));
        }
      }),
    );
  };

  if (prompt.newest_version === null)
    return (
      <Card title="Try it">
        <p>Save a first version under Edit, then try it here.</p>
      </Card>
    );
  return (
    <>
      <Card title="Values">
        <ValueForm fields={fields} typed={typed} onChange={setTyped} />
      </Card>
      <Card
        title="Side by side"
        actions={
          columns.length < mostColumns ? (
            <Button small onClick={() => show([...columns, { ...(columns.at(-1) ?? first) }])}>
              Add a column
            </Button>
          ) : undefined
        }
      >
        <div className={styles.stack}>
          <div className={own.columns}>
            {columns.map((column, at) => (
              <RunColumn
                key={at}
                prompt={prompt}
                column={column}
                at={at}
                rendered={renders[at]?.data}
                isFilled={isFilled[at] ?? false}
                fault={renders[at]?.error ?? undefined}
                run={runs[at]}
                onChange={(next) => show(columns.map((one, index) => (index === at ? next : one)))}
                onRemove={columns.length > 1 ? () => show(columns.filter((_, index) => index !== at)) : undefined}
              />
            ))}
          </div>
          {may('prompts.run') ? (
            <div className={styles.row}>
              <Button kind="primary" disabled={isBusy} onClick={() => void runAll()}>
                {isLive ? 'Run live' : 'Run in test mode'}
              </Button>
              {mode === 'live' ? <Switch label="Live" on={wantsLive} onChange={setWantsLive} /> : null}
              <span className={styles.muted}>
                {isLive ? (
                  <>
                    Live calls cost money: at most {isPriced ? <Money amount={most} /> : 'an unknown amount'} here, on
                    the budgets of the workspace.
                  </>
                ) : (
                  `The sandbox answers, free of charge.${isPriced ? ` Live it costs at most ${moneyForPeople(most)}.` : ''}`
                )}
              </span>
            </div>
          ) : null}
        </div>
      </Card>
    </>
  );
}

/** Undefined until they are known. */
function useFields(id: string, columns: readonly PlayColumn[]): (OutputOf<'prompts.fields'>['data'] | undefined)[] {
  const mode = useMode();
  return useQueries({
    queries: columns.map((column) => {
      const { model: _model, ...choice } = choiceOf(column);
      const input = { id, ...choice };
      return {
        queryKey: keyOf('prompts.fields', input, mode),
        queryFn: ({ signal }: { signal: AbortSignal }) => call('prompts.fields', input, signal),
      };
    }),
  }).map(({ data }) => data?.data);
}

function useRenders(
  id: string,
  columns: readonly PlayColumn[],
  variables: Readonly<Record<string, unknown>>,
  isFilled: readonly boolean[],
): { data: Rendered | undefined; error: Error | null }[] {
  const mode = useMode();
  return useQueries({
    queries: columns.map((column, at) => {
      const input = { id, ...choiceOf(column), variables };
      return {
        enabled: isFilled[at] ?? false,
        queryKey: keyOf('prompts.render', input, mode),
        queryFn: ({ signal }: { signal: AbortSignal }) => call('prompts.render', input, signal),
      };
    }),
  }).map(({ data, error }) => ({ data, error }));
}
