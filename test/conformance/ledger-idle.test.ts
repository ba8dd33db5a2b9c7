import { expect, it } from 'vitest';
import { newBudget, twoProcesses } from '../support/ledger-process.ts';

const pair = twoProcesses('ws_idle');
const { money } = pair;

// They were let go in one turn of the event loop, each with a look at all that were kept: half a second of ten thousand.
it('idle balances of many clients are let go in many turns, and those that calls use stay', async () => {
  const { ledger } = pair.one;
  await newBudget(money, 'each client', { scope: { client_id: '*' }, onLimit: 'notify' });
  const clients = 350;
  const balanceOf = async (n: number) => {
    const subject = { client_id: `client ${n}` };
    const [balance] = await ledger.balancesFor({
      workspaceId: 'ws_idle',
      livemode: true,
      subject,
      atMs: Date.now(),
    });
    if (balance === undefined) throw new Error(`client ${n} has no budget`);
    return balance;
  };
  const balances = await Promise.all(Array.from({ length: clients }, (_, n) => balanceOf(n)));
  const [used, ...idle] = balances;
  for (const balance of idle) balance.usedAtMs = 0;
  let isOver = false;
  const sweeping = ledger.sweep().finally(() => {
    isOver = true;
  });
  let [most, before] = [0, 0];
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    const swept = balances.filter((balance) => balance.swept).length;
    most = Math.max(most, swept - before);
    before = swept;
  }
  await sweeping;
  expect(most).toBeLessThanOrEqual(100);
  expect(balances.filter((balance) => !balance.swept)).toEqual([used]);
  expect(await balanceOf(0)).toBe(used);
  // One that was let go is opened again.
  expect(await balanceOf(1)).not.toBe(balances[1]);
});

// Each client's budget of each day left a row until the process ended: its stop and its adoption went through all of them.
it('a balance that is let go leaves no lease behind, and is leased again by the next call', async () => {
  const { one } = pair;
  const { pool } = money.database;
  await newBudget(money, 'each client, blocking', { scope: { client_id: 'c' }, limitNanos: 1_000_000n });
  const leased = async (): Promise<bigint[]> =>
    (
      (await pool.query('select amount_nanos from leases where process_id = $1', [one.lock.id])).rows as {
        amount_nanos: bigint;
      }[]
    ).map(({ amount_nanos: nanos }) => nanos);
  for (const id of ['req_1', 'req_2']) {
    expect(await one.call(100n, id)).toBe(true);
    expect(await leased()).toHaveLength(1);
    await one.settle(90n);
    for (const balance of await one.balances()) balance.usedAtMs = 0;
    await one.journal.flush(5_000);
    await one.ledger.sweep();
    expect(await leased()).toEqual([]);
  }
  const { rows } = await pool.query(
    'select sum(spent_nanos)::bigint as spent, sum(leased_nanos)::bigint as leased from meters',
  );
  expect(rows).toEqual([{ spent: 180n, leased: 0n }]);
});
