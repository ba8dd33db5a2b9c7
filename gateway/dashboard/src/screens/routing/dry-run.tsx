import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { conditionFault } from '@ai-gateway/shared/rules';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../../api/client.ts';
import { useMode } from '../../api/mode.ts';
import { keyOf } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { fieldsIn } from '../../components/condition-words.ts';
import { LabelledArea } from '../../components/labelled-field.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { useLater } from '../../components/use-later.ts';
import { countForPeople } from '../../format/money.ts';
import own from './dry-run.module.css';
import { type RuleDraft, ruleOf } from './rule-draft.ts';

const last = 1_000;
/** Fields that the row of a call keeps. The others are of its body, so a sample is looked at in its place. */
const kept = new Set([
  ...['model', 'dialect', 'client_id', 'project', 'scenario_id', 'platform', 'key_id', 'prompt_id'],
  ...['input_tokens', 'stream', 'hour', 'weekday'],
]);

/** How many of the last calls the rule would have met, as it is typed. */
export function DryRun({ draft }: { draft: RuleDraft }): ReactNode {
  const may = useMay();
  const mode = useMode();
  const [text, setText] = useState('');
  const { name: _name, when, then } = ruleOf(draft);
  // A target that is not typed yet says nothing about the calls that are met.
  const input = {
    rule: { when, then: isWhole(then) ? then : { cap_output_tokens: 1_000_000 } },
    last,
    ...(text.trim() === '' ? {} : { sample: { messages: [{ role: 'user', content: text }] } }),
  };
  const needsSample = fieldsIn(when).some((field) => !kept.has(field));
  const settled = useLater(input, JSON.stringify(input));
  const isReadable = conditionFault(settled.rule.when) === undefined;
  // The shares of budgets in the past are kept nowhere.
  const isUnknowable = fieldsIn(when).includes('budget_percent_used');
  const isAskable =
    isReadable &&
    !isUnknowable &&
    (settled.sample !== undefined || fieldsIn(settled.rule.when).every((field) => kept.has(field)));
  const test = useQuery({
    queryKey: keyOf('rules.test', settled, mode),
    queryFn: ({ signal }) => call('rules.test', settled as never, signal),
    enabled: isAskable && may('rules.test'),
    placeholderData: (before) => before,
    staleTime: 60_000,
    retry: false,
  });
  if (!may('rules.test')) return null;
  return (
    <div className={own.box} role="status">
      {!isReadable ? (
        <p className={styles.muted}>Fill in the conditions to see which of the last calls they meet.</p>
      ) : isUnknowable ? (
        <p className={styles.muted}>
          How much of a budget was used at a past call is not kept, so this is not counted.
        </p>
      ) : !isAskable ? (
        <p className={styles.muted}>Type a sample text to see which of the last calls the conditions meet.</p>
      ) : test.data === undefined || test.isError ? (
        <p className={styles.muted}>
          {test.isError ? (isGatewayError(test.error) ? test.error.message : 'The test fails.') : 'Counting …'}
        </p>
      ) : (
        <Met met={test.data} isPriced={isWhole(then)} />
      )}
      {needsSample && !isUnknowable ? (
        <LabelledArea
          label="Sample text"
          help="Texts of calls are not kept. Conditions on them look at this one, for every call alike."
          rows={2}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      ) : null}
    </div>
  );
}

function isWhole(then: Readonly<Record<string, unknown>>): boolean {
  const { model, models, experiment, block } = then;
  const isEmpty =
    model === '' || experiment === '' || (Array.isArray(models) && models.length === 0) || isEmptyBlock(block);
  return !isEmpty && Object.keys(then).length > 0;
}

function isEmptyBlock(block: unknown): boolean {
  return typeof block === 'object' && block !== null && 'message' in block && block.message === '';
}

function Met({ met, isPriced }: { met: OutputOf<'rules.test'>; isPriced: boolean }): ReactNode {
  const { calls, met: count, applied, cost_usd: cost, new_cost_usd: newCost, difference_usd: difference } = met;
  if (calls === 0) return <p>There are no calls yet to try it on.</p>;
  return (
    <p>
      Would have met{' '}
      <strong>
        {countForPeople(count)} of the last {countForPeople(calls)} calls
      </strong>
      {isPriced && applied < count ? `, and decided for ${countForPeople(applied)}: the others name their model` : ''}.
      {isPriced && count > 0 && newCost !== null && difference !== null ? (
        <>
          {' '}
          They cost <Money amount={cost} />; by this rule <Money amount={newCost} /> ({difference > 0 ? '+' : ''}
          <Money amount={difference} />
          ).
        </>
      ) : null}
    </p>
  );
}
