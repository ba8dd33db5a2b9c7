import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { idTimeMs } from '../accounts/new-id.ts';
import { isOwn, seesMargin } from '../accounts/own-tags.ts';
import {
  type ChargedBudget,
  type FailedAttempt,
  selectCharged,
  selectExtras,
  selectFailures,
  selectOpinions,
} from './call-detail-store.ts';
import { describeDecision, describeSavings } from './describe-decision.ts';
import { describeFor } from './list-calls.ts';
import type { MarkupCache } from './markup.ts';
import { describeOpinion } from './opinion.ts';
import { ownFilter } from './own-filter.ts';
import { describeRefusal } from './refusal-handlers.ts';
import { findRefusal } from './refusal-store.ts';
import { type StoredCall, selectCalls } from './usage-store.ts';

/** The ports of the view of a single call. */
export interface CallDetailPorts {
  db: Pool;
  /** 64 hex digits: comments are sealed with it. */
  secret: string;
  policies: MarkupCache;
  refusals: { flush(): Promise<void> };
  failureLog: { flush(): Promise<void> };
}

export const callDetailHandlers: Pick<Handlers<Context<CallDetailPorts>>, 'usage.request'> = {
  'usage.request': async ({ id }, { caller, services }) => {
    const atMs = idTimeMs(id);
    if (atMs === undefined) throw unknownCall(id);
    const filter = {
      ...ownFilter(caller),
      // An id has the millisecond in which the call came in.
      from: new Date(atMs),
      to: new Date(atMs + 1),
    };
    await Promise.all([services.refusals.flush(), services.failureLog.flush()]);
    const [found] = await selectCalls(services.db, { ...filter, id, limit: 1 });
    if (found !== undefined) return describeCall(found, { caller, services });
    const refusal = await findRefusal(services.db, {
      ...filter,
      // It is counted when it is answered, which may take a while.
      to: new Date(atMs + 3_600_000),
      requestId: id,
    });
    if (refusal === undefined) throw unknownCall(id);
    const shown = describeRefusal(refusal, caller);
    return {
      ...noCall,
      ...tagsOf(shown),
      id,
      created_at: new Date(atMs).toISOString(),
      error_code: shown.code,
      livemode: caller.livemode,
      cache: null,
      saved_usd: null,
      refusal: shown,
    };
  },
};

async function describeCall(
  call: StoredCall,
  { caller, services }: Pick<Context<CallDetailPorts>, 'caller' | 'services'>,
) {
  const place = { workspaceId: caller.workspaceId, createdAt: call.created_at, id: call.id };
  const [{ markups }, extras, failures, opinions] = await Promise.all([
    services.policies.of(caller.workspaceId, caller.livemode),
    selectExtras(services.db, place),
    selectFailures(services.db, place),
    selectOpinions(services.db, place),
  ]);
  const charged = await selectCharged(services.db, {
    workspaceId: caller.workspaceId,
    balanceIds: extras?.balanceIds ?? [],
  });
  const budgets = charged.map(describeCharged).filter(({ scope }) => isOwn(caller, scope));
  const shown = describeFor(caller, markups, call);
  return {
    ...shown,
    streamed: extras?.streamed ?? false,
    route: extras?.route ?? null,
    decision: describeDecision(extras),
    savings: seesMargin(caller) ? describeSavings(extras) : null,
    attempts_trail: [...failures, ...lastAttempt(call, failures)],
    budgets,
    feedback: opinions.map((one) => describeOpinion(services.secret, caller, one)),
    refusal: null,
  };
}

/** The attempt that answered is the call itself. */
function lastAttempt(call: StoredCall, failures: readonly FailedAttempt[]): FailedAttempt[] {
  const { provider, model, status, total_ms } = call;
  if (provider === null || status === 'open') return [];
  if (status === 'failed' && failures.length > 0) return [];
  const before = failures.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
  return [
    {
      provider,
      model: model ?? call.model_requested,
      error: status === 'succeeded' ? null : (call.error_code ?? status),
      status: status === 'succeeded' ? 200 : null,
      ms: total_ms === null ? null : Math.max(0, total_ms - before),
    } as FailedAttempt,
  ];
}

function describeCharged(budget: ChargedBudget) {
  const values = budget.instance === '' ? {} : (JSON.parse(budget.instance) as Record<string, string>);
  const scope: Record<string, string> = {};
  for (const tag of ['client_id', 'project', 'scenario_id', 'key_id'] as const) {
    const value = budget[tag] === '*' ? values[tag] : budget[tag];
    if (value != null) scope[tag] = value;
  }
  return {
    id: budget.id,
    name: budget.name,
    scope,
    period_starts_at: budget.period_start.toISOString(),
    resets_at: budget.period_end === null ? null : budget.period_end.toISOString(),
  };
}

function tagsOf(shown: ReturnType<typeof describeRefusal>) {
  const { client_id, project, scenario_id, scenario_platform, key_id, model } = shown;
  return { client_id, project, scenario_id, scenario_platform, key_id, model_requested: model ?? '' };
}

/** A refused call reached no provider. */
const noCall = {
  execution_id: null,
  organization_id: null,
  node: null,
  model: null,
  provider: null,
  attempts: 0,
  status: 'refused' as const,
  input_tokens: 0,
  cached_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: 0,
  estimated: false,
  unpriced: false,
  ttft_ms: null,
  total_ms: null,
  streamed: false,
  route: null,
  decision: describeDecision(undefined),
  savings: null,
  attempts_trail: [],
  budgets: [],
  feedback: [],
};

function unknownCall(id: string): GatewayError {
  return new GatewayError(
    'not_found',
    `Unknown call "${id.slice(0, 100)}". See GET /v1/usage/requests for the calls of this workspace.`,
    {
      param: 'id',
    },
  );
}
