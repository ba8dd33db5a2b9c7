import type { Handlers, OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { listKeys } from '../accounts/key-store.ts';
import type { WorkspaceCache, WorkspaceView } from '../accounts/workspace-cache.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { strengths } from '../models/catalog.ts';
import { readAuto } from './auto-mode.ts';
import { type AutoSettings, type Learning, readAutoSettings, usualAuto } from './auto-settings.ts';
import { expectedVersion } from './expected-version.ts';
import { type NameContext, type NamedModel, readModelName } from './model-name.ts';
import { candidateOf, classModels } from './reachable.ts';
import type { RoutingCache } from './routing-cache.ts';
import {
  lockRouting,
  type RoutingDocument,
  readRouting,
  refuseStale,
  saveRoutingVersion,
} from './routing-version-store.ts';

interface AutoPorts {
  db: Pool;
  now: () => number;
  workspaces: WorkspaceCache;
  routing: RoutingCache;
}

type AutoContext = Context<AutoPorts>;
type Given = Omit<ParsedOf<'auto.set'>, 'note' | 'expected_version' | 'classes' | 'version'>;

export const autoHandlers: Pick<Handlers<AutoContext>, 'auto.get' | 'auto.set'> = {
  'auto.get': async (_input, { caller, services }) => {
    const view = await services.workspaces.view(caller.workspaceId);
    const document = await readRouting(services.db, caller.workspaceId);
    const settings = settingsOf(document, view);
    return shown(settings, { view, caller, nowMs: services.now(), version: document.version });
  },

  'auto.set': async ({ note, expected_version, version: read, classes: _classes, ...given }, context) => {
    const { caller, services, audit } = context;
    const { workspaceId } = caller;
    const view = await services.workspaces.view(workspaceId);
    const nowMs = services.now();
    const names = { accounts: view.accounts, pool: view.pool, at: new Date(nowMs) };
    checkModels(given, names);
    checkJudges(given, names);
    const { settings, version } = await withTransaction(services.db, async (tx) => {
      const active = await lockRouting(tx, workspaceId);
      refuseStale(active, expectedVersion(context, expected_version) ?? read);
      const before = settingsOf(active, view);
      await checkKeys(tx, caller, { given, before });
      const changed = changedBy(before, given);
      const { after } = await saveRoutingVersion(tx, {
        workspaceId,
        auto: { ...changed },
        by: actorOf(caller).id,
        note,
      });
      await audit(tx, { target: workspaceOf(caller), before, after: changed });
      return { settings: changed, version: after.version };
    });
    services.routing.forget(workspaceId);
    services.workspaces.forget(workspaceId);
    return shown(settings, { view, caller, nowMs, version });
  },
};

/** Before the first version, the classes that the workspace chose hold all the same. */
function settingsOf({ auto }: RoutingDocument, { pool }: WorkspaceView): AutoSettings {
  return auto === undefined ? { ...usualAuto, pool } : readAutoSettings(auto);
}

/** Fields that are left out stay as they are; null takes one away. */
function changedBy(before: AutoSettings, given: Given): AutoSettings {
  return {
    pool: given.pool ?? before.pool,
    dial: given.dial ?? before.dial,
    baseline_model: given.baseline_model === undefined ? before.baseline_model : (given.baseline_model ?? undefined),
    allowed_models: given.allowed_models === undefined ? before.allowed_models : (given.allowed_models ?? undefined),
    learning: given.learning ?? before.learning,
    per_client: given.per_client ?? before.per_client,
    per_key: given.per_key ?? before.per_key,
  };
}

/** Throws `model_not_found` for a judge that leads nowhere. */
function checkJudges({ learning, per_client, per_key }: Given, names: NameContext): void {
  checkJudge(learning?.judge, 'learning.judge', names);
  for (const [client, own] of Object.entries(per_client ?? {}))
    checkJudge(own.learning?.judge, `per_client.${client}.learning.judge`, names);
  for (const [key, own] of Object.entries(per_key ?? {}))
    checkJudge(own.learning?.judge, `per_key.${key}.learning.judge`, names);
}

function checkJudge(judge: AutoSettings['learning']['judge'] | undefined, param: string, names: NameContext): void {
  if (typeof judge !== 'object') return;
  if (readAuto(judge.model) !== undefined)
    throw new GatewayError('invalid_request', 'A judge is one model, by its name: auto is none.', {
      param: `${param}.model`,
    });
  const found = needChatModel(judge.model, `${param}.model`, names);
  // Without an account its price may come later.
  if (found.account !== undefined && candidateOf(found, '').price === undefined)
    throw new GatewayError(
      'invalid_request',
      `No price of "${judge.model}" is known, and a judge is paid from the budget of the day. Give the model its prices at its provider.`,
      { param: `${param}.model` },
    );
}

/** Keys that were deleted since they were named stay; new ones must be there. */
async function checkKeys(
  tx: Db,
  { workspaceId, livemode }: Caller,
  { given, before }: { given: Given; before: AutoSettings },
): Promise<void> {
  const added = Object.keys(given.per_key ?? {}).filter((id) => !Object.hasOwn(before.per_key, id));
  if (added.length === 0) return;
  const known = new Set((await listKeys(tx, workspaceId, livemode)).map(({ id }) => id));
  const unknown = added.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new GatewayError(
      'invalid_request',
      `There is no key "${unknown}". GET /v1/keys lists the keys of this workspace by their ids.`,
      { param: `per_key.${unknown}` },
    );
}

/** Throws `model_not_found` for the first model that leads nowhere. */
function checkModels({ pool, baseline_model, allowed_models, per_client }: Given, names: NameContext): void {
  for (const [i, { model }] of (pool ?? []).entries()) needChatModel(model, `pool[${i}].model`, names);
  if (baseline_model != null) needChatModel(baseline_model, 'baseline_model', names);
  for (const [i, model] of (allowed_models ?? []).entries()) needChatModel(model, `allowed_models[${i}]`, names);
  for (const [client, own] of Object.entries(per_client ?? {})) {
    const at = `per_client.${client}`;
    if (own.baseline_model !== undefined) needChatModel(own.baseline_model, `${at}.baseline_model`, names);
    for (const [i, model] of (own.allowed_models ?? []).entries())
      needChatModel(model, `${at}.allowed_models[${i}]`, names);
  }
}

function needChatModel(model: string, param: string, names: NameContext): NamedModel {
  const found = readModelName(model, names);
  if (found !== undefined && (found.entry === undefined || found.entry.kind === 'chat')) return found;
  const problem = found === undefined ? `There is no model "${model}".` : `"${model}" is not a model for chat.`;
  throw new GatewayError('model_not_found', `${problem} GET /v1/models lists the models that this key can use.`, {
    param,
  });
}

/** A key with locks reads its own settings and those of the client it is locked to, and of no judge the rubric, which is the workspace's text. */
function shown(
  settings: AutoSettings,
  { view, caller, nowMs, version }: { view: WorkspaceView; caller: Caller; nowMs: number; version: number },
): OutputOf<'auto.get'> {
  const { pool, dial, baseline_model, allowed_models, learning, per_client, per_key } = settings;
  const context = { accounts: view.accounts, pool, at: new Date(nowMs) };
  const [strong = [], small = []] = strengths.map((strength) =>
    classModels(context, strength).map(({ model, account, entry }) =>
      account === undefined || account.name === entry?.vendor ? model : `${account.name}/${model}`,
    ),
  );
  const isLocked = caller.lockedTags.length > 0;
  const ownClient = caller.lockedTags.includes('client_id') ? caller.tags.client_id : undefined;
  const keys = Object.entries(per_key).filter(([key]) => !isLocked || key === caller.keyId);
  const clients = Object.entries(per_client).filter(([client]) => !isLocked || client === ownClient);
  const seen = <Own extends { learning?: { judge?: Learning['judge'] | undefined } | undefined }>([name, own]: [
    string,
    Own,
  ]): [string, Own] =>
    isLocked && own.learning !== undefined ? [name, { ...own, learning: withoutRubric(own.learning) }] : [name, own];
  return {
    pool: pool.map((one) => ({ ...one })),
    dial,
    baseline_model: baseline_model ?? null,
    allowed_models: allowed_models === undefined ? null : [...allowed_models],
    learning: isLocked ? withoutRubric(learning) : learning,
    per_client: Object.fromEntries(clients.map(seen)) as OutputOf<'auto.get'>['per_client'],
    per_key: Object.fromEntries(keys.map(seen)) as OutputOf<'auto.get'>['per_key'],
    classes: { strong, small },
    version,
  };
}

function withoutRubric<Given extends { judge?: Learning['judge'] | undefined }>(learning: Given): Given {
  const { judge } = learning;
  return typeof judge === 'object' ? { ...learning, judge: { ...judge, rubric: '…' } } : learning;
}

function workspaceOf({ workspaceId, workspaceName }: Caller): { type: 'workspace'; id: string; name: string } {
  return { type: 'workspace', id: workspaceId, name: workspaceName };
}
