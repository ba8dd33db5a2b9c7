import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { joinRegistries, type MetricsSnapshot } from '../telemetry/metrics.ts';
import { MetricsOfAll } from './metrics-of-all.ts';

async function counted(calls: number): Promise<MetricsSnapshot> {
  const registry = new Registry();
  new Counter({ name: 'calls_total', help: 'Calls', registers: [registry] }).inc(calls);
  return registry.getMetricsAsJSON();
}

it('keeps what workers have counted that end at the same moment', async () => {
  const metrics = new MetricsOfAll<{ name: string }>({ serving: () => 0 });
  const workers = ['one', 'two', 'three'].map((name) => ({ name }));
  for (const worker of workers) {
    metrics.joined(worker);
    metrics.answered(worker, await counted(5));
  }
  const total = async (): Promise<number> => {
    const text = await joinRegistries(await metrics.gather(() => {})).metrics();
    return Number(/^calls_total (\d+)$/m.exec(text)?.[1]);
  };
  const left = workers.map((worker) => metrics.left(worker));
  // Nor does it fall for a moment.
  expect(await total()).toBe(15);
  await Promise.all(left);
  expect(await total()).toBe(15);
});
