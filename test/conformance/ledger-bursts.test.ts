import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import type { BudgetBalance } from '../../gateway/src/ledger/budget-balance.ts';
import { type LedgerProcess, newBudget, twoProcesses } from '../support/ledger-process.ts';

/** Many calls in the same instant. Two processes, so that neither leases all there is. */
const pair = twoProcesses('ws_bursts');
const { money } = pair;
let one: LedgerProcess;
beforeEach(() => {
  ({ one } = pair);
});

// Each borrowed for two, and who had seen twelve loans go to those before it was refused.
it('all of many concurrent calls are admitted where the budget has enough for them', async () => {
  await newBudget(money, 'plenty', { limitNanos: 1_000_000n });
  const calls = Array.from({ length: 300 }, (_, i) => one.call(100n, `req_plenty_${i}`));
  expect((await Promise.all(calls)).filter((passed) => !passed)).toEqual([]);
});

it('an expensive call is admitted behind many cheap ones of the same instant', async () => {
  await newBudget(money, 'dear', { limitNanos: 1_000_000n });
  const cheap = Array.from({ length: 100 }, (_, i) => one.call(100n, `req_cheap_${i}`));
  expect(await one.call(100_000n, 'req_dear')).toBe(true);
  await Promise.all(cheap);
});

it('calls on both sides of midnight count on their own days, though they arrive in the same instant', async () => {
  const budget = await newBudget(money, 'midnight', { period: 'day', createdAtMs: Date.UTC(2026, 0, 1) });
  const midnight = Date.UTC(2026, 0, 15);
  const on = async (atMs: number): Promise<number | undefined> => {
    const { workspaceId } = money;
    const balances = await one.ledger.balancesFor({ workspaceId, livemode: true, subject: { client_id: 'c' }, atMs });
    return balances.find((balance) => balance.budget.id === budget.id)?.periodStartMs;
  };
  expect(await Promise.all([on(midnight - 1), on(midnight)])).toEqual([Date.UTC(2026, 0, 14), midnight]);
});

// Five hundred who wait at a cap, woken by every call of everybody, would hold up the gateway for all.
it('a call that waits for money of one budget is not woken by calls of another', async () => {
  await newBudget(money, 'short', { limitNanos: 100n });
  await newBudget(money, 'another', { scope: { client_id: 'd' } });
  const of = (client_id: string): Promise<readonly BudgetBalance[]> =>
    Promise.resolve(
      one.ledger.balancesFor({
        workspaceId: money.workspaceId,
        livemode: true,
        subject: { client_id },
        atMs: Date.now(),
      }),
    );
  const [short, another] = [await of('c'), await of('d')];
  const held = await one.ledger.hold(short, 100n);
  if (!('nanos' in held)) throw new Error('there is enough for one');
  let looks = 0;
  for (const balance of short) {
    const { canHold } = balance;
    balance.canHold = (nanos) => {
      looks += 1;
      return canHold.call(balance, nanos);
    };
  }
  const room = one.ledger.waitForRoom(short, 50n, performance.now() + 20_000);
  const before = looks;
  for (let i = 0; i < 10; i++) {
    const other = await one.ledger.hold(another, 1n);
    if ('nanos' in other) one.ledger.settle(other, 0n);
    await setImmediate();
  }
  expect(looks).toBe(before);
  one.ledger.settle(held, 0n);
  expect(await room).toBe(true);
});
