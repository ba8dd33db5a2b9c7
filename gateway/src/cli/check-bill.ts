import { toUsd } from '@ai-gateway/shared/money';
import type { Db } from '../db/transaction.ts';
import { usesAt } from './bill-store.ts';
import type { BilledUse } from './provider-export.ts';

/** A larger difference in tokens or money is reported: vendors round, and a stream that was cut is an estimate. */
const toleratedShare = 0.01;

/** Compares a month with a provider's own export, model by model. True when nothing differs by more than a hundredth. */
export async function checkBill(
  db: Db,
  options: { provider: string; month: string; billed: readonly BilledUse[] },
  print: (line: string) => void,
): Promise<boolean> {
  const [year, month] = /^(\d{4})-(\d\d)$/.exec(options.month)?.slice(1).map(Number) ?? [];
  if (year === undefined || month === undefined || month < 1 || month > 12)
    throw new Error('--month is a month such as 2026-11.');
  const ours = await usesAt(db, {
    provider: options.provider,
    from: new Date(Date.UTC(year, month - 1, 1)),
    to: new Date(Date.UTC(year, month, 1)),
  });
  let differing = 0;
  for (const model of [...new Set([...ours, ...options.billed].map((use) => use.model))].sort()) {
    const own = ours.find((use) => use.model === model);
    const billed = options.billed.find((use) => use.model === model);
    const facts: [string, number, number][] = [
      ['input tokens', own?.inputTokens ?? 0, billed?.inputTokens ?? 0],
      ['output tokens', own?.outputTokens ?? 0, billed?.outputTokens ?? 0],
      ...(billed?.costUsd === undefined
        ? []
        : [['dollars', toUsd(own?.costNanos ?? 0n), billed.costUsd] as [string, number, number]]),
    ];
    const wrong = facts.filter(([, mine, yours]) => Math.abs(mine - yours) > Math.max(mine, yours) * toleratedShare);
    differing += wrong.length === 0 ? 0 : 1;
    const shown = facts.map(([what, mine, yours]) => `${what} ${mine} here, ${yours} there`).join('; ');
    print(`${wrong.length === 0 ? 'same   ' : 'DIFFERS'} ${model}: ${shown}`);
  }
  print(
    differing === 0
      ? `${options.provider} billed what was used here in ${options.month}.`
      : `${differing} models differ. Calls past the gateway, on the same key, are the usual reason.`,
  );
  return differing === 0;
}
