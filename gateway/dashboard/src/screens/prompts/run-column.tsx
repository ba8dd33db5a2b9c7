import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { LabelledSelect, LabelledText } from '../../components/labelled-field.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { useChoicesOf } from '../../components/use-choices.ts';
import { countForPeople, durationForPeople } from '../../format/money.ts';
import type { PlayColumn } from './columns.ts';
import own from './playground.module.css';
import type { WholePrompt } from './whole-prompt.ts';

export type Run =
  | { state: 'running' }
  | { state: 'failed'; error: unknown }
  | { state: 'done'; answer: OutputOf<'prompts.run'>; isLive: boolean; ms: number };

interface RunColumnProps {
  prompt: WholePrompt;
  column: PlayColumn;
  at: number;
  rendered: OutputOf<'prompts.render'> | undefined;
  /** Every value is there that a call needs. */
  isFilled: boolean;
  /** Why it cannot be filled in. */
  fault: Error | undefined;
  run: Run | undefined;
  onChange: (column: PlayColumn) => void;
  onRemove: (() => void) | undefined;
}

/** One version with one model: its price before, and its answer. */
export function RunColumn({
  prompt,
  column,
  at,
  rendered,
  isFilled,
  fault,
  run,
  onChange,
  onRemove,
}: RunColumnProps): ReactNode {
  const models = useChoicesOf('models.list');
  const name = `Column ${at + 1}`;
  return (
    <section className={own.column} aria-label={name}>
      <LabelledSelect
        label="Version"
        aria-label={`${name}: version`}
        value={column.version}
        onChange={(event) => onChange({ ...column, version: event.target.value })}
      >
        {prompt.labels.map(({ label, version }) => (
          <option key={label} value={label}>
            {label} (now {version})
          </option>
        ))}
        {prompt.versions.map(({ version, note }) => (
          <option key={version} value={String(version)}>
            {version}
            {note === '' ? '' : `: ${note.slice(0, 40)}`}
          </option>
        ))}
      </LabelledSelect>
      <LabelledText
        label="Model"
        aria-label={`${name}: model`}
        placeholder="The prompt’s own"
        choices={models}
        value={column.model}
        onChange={(event) => onChange({ ...column, model: event.target.value })}
      />
      {isFilled ? null : <p className={styles.muted}>Fill in the values to see the price.</p>}
      {rendered === undefined ? null : (
        <p className={styles.muted}>
          {rendered.model ?? 'No model'} · about {countForPeople(rendered.tokens)} tokens in ·{' '}
          {rendered.max_cost_usd === null ? (
            'no price is known'
          ) : (
            <>
              at most <Money amount={rendered.max_cost_usd} />
            </>
          )}
        </p>
      )}
      {fault === undefined ? null : (
        <p className={styles.muted}>{isGatewayError(fault) ? fault.message : String(fault)}</p>
      )}
      {rendered === undefined ? null : (
        <details>
          <summary>Messages as they are sent</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard. */}
          <pre className={own.answer} tabIndex={0} dir="auto">
            {rendered.messages.map(textOfMessage).join('\n\n')}
          </pre>
        </details>
      )}
      <div aria-live="polite">{run === undefined ? null : <Outcome run={run} />}</div>
      {onRemove === undefined ? null : (
        <div>
          <Button small kind="quiet" aria-label={`Remove ${name}`} onClick={onRemove}>
            Remove
          </Button>
        </div>
      )}
    </section>
  );
}

function Outcome({ run }: { run: Run }): ReactNode {
  if (run.state === 'running') return <p>Running …</p>;
  if (run.state === 'failed') return <ErrorCard error={run.error} />;
  const { answer, ms, isLive } = run;
  return (
    <div className={styles.stack}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard. */}
      <pre className={own.answer} tabIndex={0} dir="auto">
        {answer.choices.map(({ message }) => message.content ?? JSON.stringify(message)).join('\n')}
      </pre>
      <p className={styles.muted}>
        <bdi>{answer.model}</bdi> · <Money amount={answer.cost_usd} />
        {isLive ? '' : ' in test mode'} · {durationForPeople(ms)} ·{' '}
        <Link to="/app/calls" search={{ call: answer.request_id }}>
          the call
        </Link>
      </p>
    </div>
  );
}

function textOfMessage(message: Readonly<Record<string, unknown>>): string {
  const { role, content } = message;
  return `${String(role)}:\n${typeof content === 'string' ? content : JSON.stringify(content, null, 2)}`;
}
