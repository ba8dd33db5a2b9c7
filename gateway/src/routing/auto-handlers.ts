import type { Handlers, OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import type { WorkspaceCache, WorkspaceView } from '../accounts/workspace-cache.ts';
import { withTransaction } from '../db/transaction.ts';
import { strengths } from '../models/catalog.ts';
import { type AutoSettings, readAutoSettings, usualAuto } from './auto-settings.ts';
import { expectedVersion } from './expected-version.ts';
import { type NameContext, readModelName } from './model-name.ts';
import { classModels } from './reachable.ts';
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
type Given = Omit<ParsedOf<'auto.set'>, 'note' | 'expected_version'>;

export const autoHandlers: Pick<Handlers<AutoContext>, 'auto.get' | 'auto.set'> = {
  'auto.get': async (_input, { caller, services }) => {
    const view = await services.workspaces.view(caller.workspaceId);
    const document = await readRouting(services.db, caller.workspaceId);
    const settings = settingsOf(document, view);
    return shown(settings, { view, caller, nowMs: services.now(), version: document.version });
  },

  'auto.set': async ({ note, expected_version, ...given }, context) => {
    const { caller, services, audit } = context;
    const { workspaceId } = caller;
    const view = await services.workspaces.view(workspaceId);
    const nowMs = services.now();
    checkJudges(given);
    checkModels(given, { accounts: view.accounts, pool: view.pool, at: new Date(nowMs) });
    const { settings, version } = await withTransaction(services.db, async (tx) => {
      const active = await lockRouting(tx, workspaceId);
      refuseStale(active, expectedVersion(context, expected_version));
      const before = settingsOf(active, view);
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
  };
}

/** Other judges are part of the interface and not built yet: with them nothing would be learned, and nobody would see it. */
function checkJudges({ learning, per_client }: Given): void {
  checkJudge(learning?.judge, 'learning.judge');
  for (const [client, own] of Object.entries(per_client ?? {}))
    checkJudge(own.learning?.judge, `per_client.${client}.learning.judge`);
}

function checkJudge(judge: AutoSettings['learning']['judge'] | undefined, param: string): void {
  if (judge === undefined || judge === 'agreement') return;
  throw new GatewayError('invalid_request', `Only the judge "agreement" is there yet. Leave out ${param}.`, { param });
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

function needChatModel(model: string, param: string, names: NameContext): void {
  const found = readModelName(model, names);
  if (found !== undefined && (found.entry === undefined || found.entry.kind === 'chat')) return;
  const problem = found === undefined ? `There is no model "${model}".` : `"${model}" is not a model for chat.`;
  throw new GatewayError('model_not_found', `${problem} GET /v1/models lists the models that this key can use.`, {
    param,
  });
}

/** A key that is locked to a client reads that client's settings, and no other client's. */
function shown(
  settings: AutoSettings,
  { view, caller, nowMs, version }: { view: WorkspaceView; caller: Caller; nowMs: number; version: number },
): OutputOf<'auto.get'> {
  const { pool, dial, baseline_model, allowed_models, learning, per_client } = settings;
  const context = { accounts: view.accounts, pool, at: new Date(nowMs) };
  const [strong = [], small = []] = strengths.map((strength) =>
    classModels(context, strength).map(({ model, account, entry }) =>
      account === undefined || account.name === entry?.vendor ? model : `${account.name}/${model}`,
    ),
  );
  const isLocked = caller.lockedTags.includes('client_id');
  const clients = Object.entries(per_client).filter(([client]) => !isLocked || client === caller.tags.client_id);
  return {
    pool: pool.map((one) => ({ ...one })),
    dial,
    baseline_model: baseline_model ?? null,
    allowed_models: allowed_models === undefined ? null : [...allowed_models],
    learning,
    per_client: Object.fromEntries(clients) as OutputOf<'auto.get'>['per_client'],
    classes: { strong, small },
    version,
  };
}

function workspaceOf({ workspaceId, workspaceName }: Caller): { type: 'workspace'; id: string; name: string } {
  return { type: 'workspace', id: workspaceId, name: workspaceName };
}
