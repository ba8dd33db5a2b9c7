import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard } from '../../components/card.tsx';
import formStyles from '../../components/form.module.css';
import { LabelledArea, LabelledText } from '../../components/labelled-field.tsx';
import { ClientText, ModelText } from '../../components/model-fields.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { nameForPeople } from '../../format/names.ts';
import { bodyOf, type ExplainDraft } from './explain-body.ts';
import own from './explain-card.module.css';

type Explanation = OutputOf<'routing.explain'>;

/** Decides a call as it would be decided now, without sending it. */
export function ExplainCard(): ReactNode {
  const [draft, setDraft] = useState<ExplainDraft>({
    ...{ model: 'auto', text: '', system: '', clientId: '', scenarioId: '', project: '', body: '' },
  });
  const explain = useChange('routing.explain');
  const set = (change: Partial<ExplainDraft>): void => setDraft((before) => ({ ...before, ...change }));
  const body = bodyOf(draft);
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (body === undefined) return;
    // The card below shows a refusal.
    await explain.mutateAsync(body as never).catch(() => {});
  };
  return (
    <>
      <Card title="Explain a call">
        <form className={styles.stack} onSubmit={(event) => void send(event)}>
          <div className={formStyles.columns}>
            <ModelText value={draft.model} onChange={(event) => set({ model: event.target.value })} />
            <ClientText value={draft.clientId} onChange={(event) => set({ clientId: event.target.value })} />
            <LabelledText
              label="Scenario"
              value={draft.scenarioId}
              onChange={(event) => set({ scenarioId: event.target.value })}
            />
          </div>
          <LabelledArea
            label="User text"
            dir="auto"
            value={draft.text}
            onChange={(event) => set({ text: event.target.value })}
          />
          <details className={formStyles.more}>
            <summary>System text, project, or a whole body</summary>
            <div>
              <LabelledArea
                label="System text"
                dir="auto"
                value={draft.system}
                onChange={(event) => set({ system: event.target.value })}
              />
              <LabelledText
                label="Project"
                value={draft.project}
                onChange={(event) => set({ project: event.target.value })}
              />
              <LabelledArea
                label="Whole body (JSON)"
                help="In the place of the fields above: a body of chat completions, responses or messages."
                fault={body === undefined ? 'The body is not JSON. Copy it from the program that sends it.' : undefined}
                value={draft.body}
                onChange={(event) => set({ body: event.target.value })}
              />
            </div>
          </details>
          {explain.isError ? <ErrorCard error={explain.error} /> : null}
          <div className={styles.row}>
            <Button type="submit" kind="primary" disabled={explain.isPending || body === undefined}>
              Explain
            </Button>
            <span className={styles.muted}>Nothing is sent to a provider, and no money is held.</span>
          </div>
        </form>
      </Card>
      <div aria-live="polite">{explain.data === undefined ? null : <Answer of={explain.data} />}</div>
    </>
  );
}

const cacheWords: Readonly<Record<string, string>> = {
  hit: 'it would answer',
  miss: 'it would not answer yet',
  bypass: 'not used',
};

const leftOut: Column<Explanation['candidates'][number]> = {
  key: 'left',
  title: 'Left out',
  cell: ({ left_out: why }) => (why === undefined ? '–' : <bdi>{why}</bdi>),
};

function Answer({ of }: { of: Explanation }): ReactNode {
  const { model, provider, reason, steps, candidates, rules, experiment, session, prompt, cache, budget } = of;
  return (
    <div className={styles.stack}>
      <Card title={model === null ? 'No model would answer' : `${model} would answer`}>
        <div className={styles.stack}>
          <p>
            {provider === null ? null : (
              <>
                At <bdi>{nameForPeople(provider)}</bdi>:{' '}
              </>
            )}
            <bdi>{reason}</bdi>
          </p>
          <ol className={own.steps}>
            {steps.map(({ step, outcome, because }) => (
              <li key={step}>
                <strong>{step}</strong>: <bdi>{outcome}</bdi>
                {because === '' || because === outcome ? null : (
                  <span className={styles.muted}>
                    , <bdi>{because}</bdi>
                  </span>
                )}
              </li>
            ))}
          </ol>
          <p>
            <Status kind={budget.allowed ? 'good' : 'bad'}>{budget.allowed ? 'Affordable' : 'Not affordable'}</Status>{' '}
            <bdi>{budget.message}</bdi>
          </p>
          <p className={styles.muted}>
            Response cache: {cacheWords[cache.would] ?? cache.would}, <bdi>{cache.because}</bdi>.
            {prompt === null ? '' : ` Prompt: ${prompt.id}, version ${prompt.version}.`}
            {experiment === null ? '' : ` Experiment: ${experiment.id}, arm ${experiment.arm}.`}
            {session === null ? '' : ` Session: ${session.because}.`}
          </p>
        </div>
      </Card>
      <Card title="Rules">
        <Table
          caption="Rules"
          columns={[
            {
              key: 'id',
              title: 'Rule',
              cell: ({ id }) => (
                <Link to="/app/routing" search={{ rule: id }}>
                  <bdi>{id}</bdi>
                </Link>
              ),
            },
            {
              key: 'matched',
              title: 'Matches',
              cell: ({ matched }) => <Status kind={matched ? 'good' : 'plain'}>{matched ? 'Yes' : 'No'}</Status>,
            },
            { key: 'because', title: 'Because', wide: true, cell: ({ because }) => <bdi>{because}</bdi> },
          ]}
          rows={rules}
          rowKey={({ id }) => id}
          empty="There are no rules."
        />
      </Card>
      <Card title="Models, in the order in which they are tried">
        <Table
          caption="Candidates"
          columns={[
            { key: 'model', title: 'Model', cell: (row) => <bdi>{`${row.provider}/${row.model}`}</bdi> },
            {
              key: 'expected',
              title: 'Expected cost',
              end: true,
              cell: ({ expected_cost_usd: usd }) => (usd === null ? 'unknown' : <Money amount={usd} />),
            },
            {
              key: 'most',
              title: 'At most',
              end: true,
              cell: ({ dearest_cost_usd: usd }) => (usd === null ? 'unknown' : <Money amount={usd} />),
            },
            {
              key: 'quality',
              title: 'Quality at least',
              end: true,
              cell: ({ quality }) =>
                quality === null ? '–' : `${(quality.lower * 100).toFixed(1)} % (${quality.n} answers)`,
            },
            ...(candidates.some(({ left_out: why }) => why !== undefined) ? [leftOut] : []),
          ]}
          rows={candidates}
          rowKey={({ provider: at, model: name, left_out: why }) => `${at} ${name} ${why ?? ''}`}
          empty="No model can take this call."
        />
      </Card>
    </div>
  );
}
