import type { Handlers, OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool, PoolClient } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { withTransaction } from '../db/transaction.ts';
import { checkRule, checkTogether, namesFor } from './check-rules.ts';
import { expectedVersion } from './expected-version.ts';
import { hasPrompt } from './prompt-ids-store.ts';
import type { RoutingCache } from './routing-cache.ts';
import {
  activateRouting,
  findRoutingVersion,
  lockRouting,
  type RoutingDocument,
  readRouting,
  refuseStale,
  saveRoutingVersion,
} from './routing-version-store.ts';
import { idFor, inOrder, type Rule } from './rule.ts';

interface RulePorts {
  db: Pool;
  now: () => number;
  workspaces: WorkspaceCache;
  routing: RoutingCache;
}

type RuleContext = Context<RulePorts>;

export const ruleHandlers: Pick<
  Handlers<RuleContext>,
  'rules.list' | 'rules.create' | 'rules.update' | 'rules.remove' | 'rules.order' | 'routing.versions.activate'
> = {
  'rules.list': async (_input, { caller, services }) => shown(await readRouting(services.db, caller.workspaceId)),

  'rules.create': async ({ note, expected_version, ...given }, context) => {
    const checks = await checksFor(context);
    const { after, rule } = await changeRules(context, { note, expected_version }, async (rules, audit, tx) => {
      const ids = new Set(rules.map(({ id }) => id));
      if (given.id !== undefined && ids.has(given.id))
        throw new GatewayError('conflict', `There is a rule "${given.id}" already. Change it, or choose another id.`, {
          param: 'id',
        });
      const made: Rule = { ...given, id: given.id ?? idFor(given.name, ids) };
      await checkRule(made, { ...checks, db: tx });
      audit({ target: targetOf(made), after: made });
      return { rules: [...rules, made], rule: made };
    });
    return { ...ruleOf(rule), version: after.version };
  },

  'rules.update': async ({ id, note, expected_version, ...fields }, context) => {
    const checks = await checksFor(context);
    const { after, rule } = await changeRules(context, { note, expected_version }, async (rules, audit, tx) => {
      const before = needRule(rules, id);
      const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
      const changed: Rule = { ...before, ...given };
      // A prompt that was archived since does not hinder a change of other fields.
      const isSame = samePrompt(before, changed);
      const then = isSame ? { ...changed.then, prompt: undefined } : changed.then;
      await checkRule({ when: changed.when, then }, { ...checks, db: tx });
      audit({ target: targetOf(changed), before, after: changed });
      return { rules: rules.map((one) => (one.id === id ? changed : one)), rule: changed };
    });
    return { ...ruleOf(rule), version: after.version };
  },

  'rules.remove': async ({ id, ...change }, context) => {
    await changeRules(context, change, async (rules, audit) => {
      const before = needRule(rules, id);
      audit({ target: targetOf(before), before });
      return { rules: rules.filter((one) => one.id !== id), rule: before };
    });
    return null;
  },

  'rules.order': async ({ ids, ...change }, context) => {
    const { after } = await changeRules(context, change, async (rules, audit) => {
      const known = new Set(rules.map(({ id }) => id));
      const isWhole = ids.length === known.size && new Set(ids).size === ids.length && ids.every((id) => known.has(id));
      if (!isWhole)
        throw new GatewayError('invalid_request', `\`ids\` must name each of the ${known.size} rules once.`, {
          param: 'ids',
        });
      const ordered = rules.map((rule) => ({ ...rule, priority: (ids.indexOf(rule.id) + 1) * 10 }));
      const order = (list: readonly Rule[]): object => ({
        order: inOrder(list).map(({ id, priority }) => `${priority} ${id}`),
      });
      audit({ target: workspaceOf(context.caller), before: order(rules), after: order(ordered) });
      return { rules: ordered, rule: undefined };
    });
    return shown(after);
  },

  'routing.versions.activate': async ({ version, expected_version }, context) => {
    const { caller, services, audit } = context;
    const wanted = await withTransaction(services.db, async (tx) => {
      const before = await lockRouting(tx, caller.workspaceId);
      refuseStale(before, expectedVersion(context, expected_version));
      const found = await findRoutingVersion(tx, caller.workspaceId, version);
      if (found === undefined) throw new GatewayError('not_found', `There is no version ${version} of routing.`);
      checkTogether(found.rules);
      await checkPrompts(found, { before, tx, workspaceId: caller.workspaceId });
      await activateRouting(tx, caller.workspaceId, version);
      await audit(tx, {
        target: workspaceOf(caller),
        before: { version: before.version },
        after: { version },
      });
      return found;
    });
    services.routing.forget(caller.workspaceId);
    return shown(wanted);
  },
};

async function checksFor({ caller, services }: RuleContext) {
  return { names: await namesFor(services, caller), workspaceId: caller.workspaceId };
}

function samePrompt(before: Rule | undefined, { then }: Rule): boolean {
  return before?.then.prompt?.id === then.prompt?.id;
}

/** Refuses a version whose rules would bring back a prompt that calls cannot use any more. */
async function checkPrompts(
  { rules, version }: RoutingDocument,
  { before, tx, workspaceId }: { before: RoutingDocument; tx: PoolClient; workspaceId: string },
): Promise<void> {
  const active = new Map(before.rules.map((rule) => [rule.id, rule]));
  for (const rule of rules) {
    const { prompt } = rule.then;
    if (prompt === undefined || samePrompt(active.get(rule.id), rule)) continue;
    if (!(await hasPrompt(tx, { workspaceId, id: prompt.id })))
      throw new GatewayError(
        'invalid_request',
        `The rule "${rule.id}" of version ${version} uses the prompt "${prompt.id}", which is archived or deleted. Restore the prompt first.`,
        { param: 'version' },
      );
  }
}

type Entry = Parameters<Context<RulePorts>['audit']>[1];

/** Makes a version whose rules are changed, or refuses; the audit log has the entry that the change hands over. */
async function changeRules<Changed extends Rule | undefined>(
  context: RuleContext,
  { note, expected_version }: Pick<ParsedOf<'rules.update'>, 'note' | 'expected_version'>,
  change: (
    rules: readonly Rule[],
    audit: (entry: Entry) => void,
    tx: PoolClient,
  ) => Promise<{ rules: Rule[]; rule: Changed }>,
): Promise<{ after: RoutingDocument; rule: Changed }> {
  const { caller, services } = context;
  const { workspaceId } = caller;
  const changed = await withTransaction(services.db, async (tx) => {
    const before = await lockRouting(tx, workspaceId);
    refuseStale(before, expectedVersion(context, expected_version));
    let entry: Entry | undefined;
    const noted = (one: Entry): void => {
      entry = one;
    };
    const { rules, rule } = await change(before.rules, noted, tx);
    checkTogether(rules);
    const { after } = await saveRoutingVersion(tx, { workspaceId, rules, by: actorOf(caller).id, note });
    if (entry !== undefined) await context.audit(tx, entry);
    return { after, rule };
  });
  services.routing.forget(workspaceId);
  return changed;
}

function needRule(rules: readonly Rule[], id: string): Rule {
  const found = rules.find((rule) => rule.id === id);
  if (found === undefined) throw new GatewayError('not_found', `There is no rule "${id}".`);
  return found;
}

function targetOf({ id, name }: Rule): Entry['target'] {
  return { type: 'rule', id, name };
}

function workspaceOf({ workspaceId, workspaceName }: Caller): Entry['target'] {
  return { type: 'workspace', id: workspaceId, name: workspaceName };
}

function shown({ rules, version }: RoutingDocument): OutputOf<'rules.list'> {
  return { data: inOrder(rules).map(ruleOf), version };
}

/** As the contract has it: what is read only here is written there. */
function ruleOf(rule: Rule): OutputOf<'rules.list'>['data'][number] {
  return rule as OutputOf<'rules.list'>['data'][number];
}
