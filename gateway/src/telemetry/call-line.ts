import { toUsd } from '@ai-gateway/shared/money';
import type { CallEnd, CallReport } from './call-report.ts';

/** How a call went, for people: `refused` before it reached a provider, `replayed` from its Idempotency-Key. */
type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'interrupted' | 'refused' | 'replayed';

/**
 * The fields of a call's log line, named as `GET /v1/usage/requests` names them. Costs are the provider's, for every key, because
 * the log is the operator's. Text from outside (names of models, tags) is a JSON string and cannot forge a line.
 */
export function callLine(report: CallReport, end: CallEnd): object {
  const { caller, tags, closed } = report;
  const usage = closed?.usage;
  return {
    id: report.id,
    ip: report.ip,
    key_id: caller?.keyId,
    key_name: caller?.keyName,
    workspace_id: caller?.workspaceId,
    livemode: caller?.livemode,
    endpoint: report.endpoint,
    stream: report.streamed,
    background: report.background,
    client_id: tags?.client,
    project: tags?.project,
    scenario_id: tags?.scenario,
    scenario_platform: tags?.platform,
    execution_id: tags?.execution,
    organization_id: tags?.organization,
    node: tags?.node,
    model_requested: report.modelRequested,
    model: closed?.model,
    provider: closed?.provider ?? report.provider,
    status: end.status,
    outcome: outcomeOf(report, end),
    error_code: end.errorCode ?? closed?.errorCode,
    attempts: closed?.attempts,
    failed_attempts: report.failures,
    route: closed?.route,
    ttft_ms: closed?.ttftMs,
    total_ms: Math.round(performance.now() - report.startedAt),
    input_tokens: usage?.inputTokens,
    cached_tokens: usage?.cachedTokens,
    cache_write_tokens: usage?.cacheWriteTokens,
    output_tokens: usage?.outputTokens,
    reasoning_tokens: usage?.reasoningTokens,
    cost_usd: closed === undefined ? undefined : toUsd(closed.costNanos),
    estimated: closed?.estimated,
  };
}

function outcomeOf({ closed, replayed }: CallReport, { status }: CallEnd): Outcome {
  if (closed !== undefined) return closed.status === 'succeeded' && status >= 400 ? 'failed' : closed.status;
  if (replayed) return 'replayed';
  if (status === 499) return 'cancelled';
  return status < 400 ? 'succeeded' : 'refused';
}
