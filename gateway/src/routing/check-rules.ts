import { GatewayError } from '@ai-gateway/shared/errors';
import { type Condition, leavesOf, ruleBounds } from '@ai-gateway/shared/rules';
import type { Caller } from '../accounts/api-key.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import type { Db } from '../db/transaction.ts';
import { readAuto } from './auto-mode.ts';
import { hasExperiment } from './experiment-ids-store.ts';
import { type NameContext, readModelName } from './model-name.ts';
import { hasPrompt } from './prompt-ids-store.ts';
import { isOfKind } from './reachable.ts';
import { modelsNamed, type Rule } from './rule.ts';
import { areTooLarge, patternFault } from './rule-patterns.ts';
import { compileRules } from './rule-set.ts';

/** The models of the caller's workspace. Read before a transaction begins: it may take a connection of its own. */
export async function namesFor(
  services: { now: () => number; workspaces: WorkspaceCache },
  { workspaceId }: Pick<Caller, 'workspaceId'>,
): Promise<NameContext> {
  const { accounts, pool } = await services.workspaces.view(workspaceId);
  return { accounts, pool, at: new Date(services.now()) };
}

/** Checks beyond the grammar: patterns compile, models, experiments and prompts are known. Throws `invalid_request`, naming the field. */
export async function checkRule(
  { when, then }: Pick<Rule, 'when' | 'then'>,
  { names, workspaceId, db }: { names: NameContext; workspaceId: string; db: Db },
  under = '',
): Promise<void> {
  checkPatterns(when, `${under}when`);
  const { experiment, prompt } = then;
  if (experiment !== undefined && !(await hasExperiment(db, { workspaceId, id: experiment })))
    throw refused(
      `${under}then.experiment`,
      `There is no experiment "${experiment}". See GET /v1/experiments for the list.`,
    );
  if (prompt !== undefined && !(await hasPrompt(db, { workspaceId, id: prompt.id })))
    throw refused(
      `${under}then.prompt.id`,
      `There is no prompt "${prompt.id}". GET /v1/prompts lists the prompts of this workspace.`,
    );
  for (const { name, param } of modelsNamed(then)) {
    if (readAuto(name) !== undefined) continue;
    const found = readModelName(name, names);
    if (found !== undefined && isOfKind(found, 'chat')) continue;
    const problem = found === undefined ? `There is no model "${name}".` : `"${name}" is not a model for chat.`;
    throw refused(`${under}${param}`, `${problem} GET /v1/models lists the models that this key can use.`);
  }
}

/** Throws `invalid_request` where a pattern does not compile. */
function checkPatterns(when: Condition, from: string): void {
  for (const { pattern, path } of patternsIn(when, from)) {
    const fault = patternFault(pattern);
    if (fault === undefined) continue;
    const at = fault.at === undefined ? '' : ` (at character ${fault.at})`;
    throw refused(path, `\`${path}\` ${fault.reason}${at}.`, fault.at === undefined ? {} : { position: fault.at });
  }
}

function patternsIn(when: Condition, path: string): { pattern: string; path: string }[] {
  if ('all' in when && Array.isArray(when.all))
    return when.all.flatMap((one: Condition, i) => patternsIn(one, `${path}.all[${i}]`));
  if ('any' in when && Array.isArray(when.any))
    return when.any.flatMap((one: Condition, i) => patternsIn(one, `${path}.any[${i}]`));
  if ('not' in when && when.not !== undefined) return patternsIn(when.not as Condition, `${path}.not`);
  const [leaf] = leavesOf(when);
  return leaf?.matches === undefined ? [] : [{ pattern: leaf.matches, path: `${path}.matches` }];
}

/** The limits of all rules of a version; and the set of their patterns is made once, before the version can be active. */
export function checkTogether(rules: readonly Rule[]): void {
  if (rules.length > ruleBounds.rules)
    throw refused(undefined, `A workspace has at most ${ruleBounds.rules} rules. Delete one first.`);
  const patterns = rules.flatMap(({ when }) => leavesOf(when)).flatMap(({ matches }) => matches ?? []);
  if (patterns.length > ruleBounds.patterns)
    throw refused(
      'when',
      `The rules have ${patterns.length} patterns, and a workspace has at most ${ruleBounds.patterns}. Use contains_any where a pattern is not needed.`,
    );
  if (areTooLarge(patterns))
    throw refused(
      'when',
      'The patterns of all rules together are too large. Use lower counts, such as {20} for {1000}.',
    );
  compileRules(rules);
}

function refused(param: string | undefined, message: string, details?: Record<string, unknown>): GatewayError {
  return new GatewayError('invalid_request', message.slice(0, 500), { param, details });
}
