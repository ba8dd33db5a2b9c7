import type { JournalEntry } from '../budgets/journal.ts';
import type { NeutralCall, Usage } from '../dialects/neutral.ts';
import { estimateUsage, inputOf } from '../providers/count-tokens.ts';
import { costNanos, type Price } from '../providers/price.ts';
import { type ClosedCall, noUsage } from '../usage/call-record.ts';

/** A call under way: everything settling it needs, gathered as it goes. */
export interface RunningCall {
  entry: JournalEntry;
  call: NeutralCall;
  startedAt: number;
  createdAtMs: number;
  route: string;
  attempts: number;
  /** The candidate that answers, or the last one tried. */
  provider: string | undefined;
  /** That candidate's account, for its health. */
  account: string;
  model: string | undefined;
  price: Price | undefined;
  /** By `performance.now()`. */
  firstByteAt: number | undefined;
}

export interface Settlement {
  costNanos: bigint;
  usage: Usage;
}

/**
 * Posts the true cost and waits until it is on record. Without usage from the provider what was sent and received is counted,
 * and the row flagged.
 */
export async function settleCall(
  running: RunningCall,
  end: { status: ClosedCall['status']; usage: Usage | undefined; text: string; errorCode?: string },
): Promise<Settlement> {
  const usage = end.usage ?? (await estimateUsage({ ...inputOf(running.call), outputText: end.text }));
  const cost = running.price === undefined ? undefined : costNanos(running.price, usage);
  const settlement = { costNanos: cost ?? 0n, usage };
  await running.entry.close({
    ...common(running),
    status: end.status,
    usage,
    costNanos: settlement.costNanos,
    // An unknown price is as much of an estimate as a counted token.
    estimated: end.usage === undefined || cost === undefined,
    errorCode: end.errorCode,
  });
  return settlement;
}

/** Nothing was asked of a provider, or nothing that it bills: the call is on record and costs nothing. */
export function closeUnbilled(running: RunningCall, status: ClosedCall['status'], errorCode: string): Promise<void> {
  return running.entry.close({
    ...common(running),
    status,
    usage: noUsage,
    costNanos: 0n,
    estimated: false,
    errorCode,
  });
}

function common(
  running: RunningCall,
): Pick<ClosedCall, 'model' | 'provider' | 'route' | 'attempts' | 'ttftMs' | 'totalMs'> {
  return {
    model: running.model,
    provider: running.provider,
    route: running.route,
    attempts: running.attempts,
    ttftMs: running.firstByteAt === undefined ? undefined : Math.round(running.firstByteAt - running.startedAt),
    totalMs: Math.round(performance.now() - running.startedAt),
  };
}

/** What every answer says of how it came about. */
export function answerHeaders(
  running: RunningCall,
  requestId: string,
  dropped: readonly string[],
): Record<string, string> {
  return {
    'x-request-id': requestId,
    'x-gateway-provider': running.provider ?? '',
    'x-gateway-model': headerText(running.model ?? ''),
    'x-gateway-attempts': String(running.attempts),
    'x-gateway-route': headerText(running.route),
    ...(dropped.length === 0 ? {} : { 'x-gateway-dropped-params': headerText(dropped.join(', ')) }),
  };
}

/** Header values are ASCII; model names and parameter names come from outside. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 500);
}
