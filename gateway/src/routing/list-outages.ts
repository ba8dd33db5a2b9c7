import type { AccountState, Breaker } from './account-circuits.ts';
import { keyOf, type Outage, percent } from './outage.ts';

/** The outages of an account: of its line, of its models for all or for one workspace, and the refusals. */
export function outagesOf(account: string, { line, models, refusals, refused }: AccountState): Outage[] {
  const found: Outage[] = [];
  const add = ({ circuit, errorRate }: Breaker, model?: string, workspaceId?: string): void => {
    if (circuit.timesOpened === 0) return;
    const { openUntilMs, failedAtMs } = circuit;
    const key = keyOf(account, model, workspaceId);
    const rate = percent(errorRate);
    found.push({ key, account, model, workspaceId, refusal: undefined, openUntilMs, failedAtMs, errorRate: rate });
  };
  add(line);
  for (const [model, { shared, own }] of models) {
    add(shared, model);
    for (const [workspaceId, breaker] of own) add(breaker, model, workspaceId);
  }
  for (const refusal of refusals.values())
    found.push({
      key: keyOf(account, refusal.model, '', refusal.reason),
      account,
      model: refusal.model,
      workspaceId: undefined,
      refusal,
      openUntilMs: refused.openUntilMs,
      failedAtMs: refused.failedAtMs,
      errorRate: 1,
    });
  return found;
}
