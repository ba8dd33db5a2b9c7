import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import styles from '../../components/parts.module.css';
import { partNames, parts } from '../savings/saving-words.ts';
import { SignedMoney } from '../savings/signed-money.tsx';

type Detail = OutputOf<'usage.request'>;

const choosers = {
  rule: 'A rule',
  arm: 'An experiment',
  auto: 'Auto',
  budget: 'A budget that is low',
} as const;

const caches = {
  hit: 'Answered from memory, at no cost',
  stored: 'The answer is kept for equal calls',
} as const;

/** The parts of the gateway that decided the call, each with a link to it. */
export function CallDecision({ call }: { call: Detail }): ReactNode {
  const { decision, route, cache, savings, saved_usd: saved } = call;
  const { rule, experiment, prompt, task, shadow_of: shadowOf, json_ok: jsonOk, chosen_by: by } = decision;
  return (
    <dl className={styles.facts}>
      <Fact name="Model asked for">
        <bdi>{call.model_requested}</bdi>
      </Fact>
      {by === null && route === null ? null : (
        <Fact name="Chosen by">
          {by === null ? 'The caller' : choosers[by]}
          {route === null ? null : <span className={styles.muted}> ({route})</span>}
        </Fact>
      )}
      {rule === null ? null : (
        <Fact name="Rule">
          <Link to="/app/routing" search={{ rule: rule.id }}>
            <bdi>{rule.name}</bdi>
          </Link>
          {decision.routing_version === null ? '' : `, version ${decision.routing_version}`}
        </Fact>
      )}
      {experiment === null ? null : (
        <Fact name="Experiment">
          <Link to="/app/experiments/$id" params={{ id: experiment.id }}>
            <bdi>{experiment.name}</bdi>
          </Link>
          , arm <bdi>{experiment.arm}</bdi>
        </Fact>
      )}
      {prompt === null ? null : (
        <Fact name="Prompt">
          <Link to="/app/prompts/$id" params={{ id: prompt.id }} search={{ version: prompt.version }}>
            <bdi>
              {prompt.id}@{prompt.version}
            </bdi>
          </Link>
        </Fact>
      )}
      {task === null ? null : (
        <Fact name="Task">
          <Link to="/app/routing" search={{ tab: 'auto' }}>
            <code>{task.slice(0, 8)}</code>
          </Link>
        </Fact>
      )}
      {cache === null ? null : <Fact name="Response cache">{caches[cache]}</Fact>}
      {saved === null ? null : (
        <Fact name="Saved">
          <Link to="/app/savings">
            <SignedMoney amount={saved} />
          </Link>
          {savings === null ? null : <span className={styles.muted}> {sayParts(savings)}</span>}
        </Fact>
      )}
      {jsonOk === null ? null : <Fact name="JSON">{jsonOk ? 'Valid' : 'Not valid'}</Fact>}
      {shadowOf === null ? null : (
        <Fact name="Second answer to">
          <Link to="/app/calls" search={(before) => ({ ...before, call: shadowOf })}>
            {shadowOf}
          </Link>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className={styles.muted}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The parts that saved or cost something; one alone is the whole. */
function sayParts(savings: NonNullable<Detail['savings']>): string {
  const telling = partNames.filter((name) => savings[name] !== 0);
  if (telling.length === 0) return '';
  return `by ${telling.map((name) => parts[name].toLowerCase()).join(', ')}`;
}
