import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimedUsd, runTraffic, trafficTasks } from '../bench/routing-traffic.ts';
import { TrafficProvider } from '../bench/traffic-provider.ts';
import { setAuto } from '../support/set-auto.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** One of each kind, of the twelve that the bench has: easy, looks easy, looks hard, is hard. */
const tasks = trafficTasks.filter(({ name }) => ['intent', 'clause', 'review', 'puzzle'].includes(name));
const provider = new TrafficProvider({ tasks, seed: 18 });
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ OPENAI_BASE_URL: await provider.start(), LOG_LEVEL: 'warn' });
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

/** Nothing waits for a second answer, and none is on its way. */
async function settled(): Promise<void> {
  const { shadows } = gateway.gateway.services;
  await expect.poll(() => shadows.unfinished, { timeout: 30_000 }).toBe(0);
  await expect
    .poll(
      async () => {
        const { rows } = await gateway.database.pool.query(
          `select count(*)::int as n from calls where status = 'open'`,
        );
        return (rows[0] as { n: number }).n;
      },
      { timeout: 30_000 },
    )
    .toBe(0);
}

it('auto saves on mixed traffic, keeps the quality, and claims no more agreement than there is', async () => {
  const result = await runTraffic(
    {
      url: gateway.url,
      key: liveKey,
      provider,
      settled,
      setAuto: async (settings) => {
        await setAuto(gateway.database.pool, settings);
        const { routing, workspaces } = gateway.gateway.services;
        const { rows } = await gateway.database.pool.query(
          'select id, routing_version from workspaces order by created_at limit 1',
        );
        const { id, routing_version: version } = rows[0] as { id: string; routing_version: number };
        await expect.poll(async () => (await routing.of(id))?.version).toBe(version);
        await expect.poll(async () => (await workspaces.view(id)).pool.length).toBe(2);
      },
    },
    { tasks, learnCalls: 180, calls: 240 },
  );
  expect(result.quality).toBeGreaterThanOrEqual(0.98);
  expect(result.saving).toBeGreaterThan(0.3);
  const { rows } = await gateway.database.pool.query('select pairs, lower, upper from task_claims');
  // The two hard ones are refuted or not proven; no claim is above the true share of its kind.
  expect(rows).toHaveLength(4);
  const truth = Math.max(...result.agreement.values());
  for (const { lower } of rows as { lower: number }[]) expect(lower).toBeLessThanOrEqual(truth);
  // In dollars: no more than was saved, and at parity no more than was saved on answers that the strong model gives too.
  const claimed = await claimedUsd({ url: gateway.url, key: liveKey }, result.from);
  expect(claimed.calls).toBe(240);
  expect(claimed.savedUsd).toBeGreaterThan(0.3 * result.trulySavedUsd);
  expect(claimed.savedUsd).toBeLessThanOrEqual(result.trulySavedUsd + 1e-9);
  expect(claimed.atParityUsd).toBeGreaterThan(0);
  expect(claimed.atParityUsd).toBeLessThanOrEqual(result.savedAgreeingUsd);
  expect((rows as { lower: number }[]).filter(({ lower }) => lower >= 0.95)).toHaveLength(2);
}, 180_000);
