import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinSnapshots } from '../../gateway/src/telemetry/metrics.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const scrape = async (): Promise<string> => await (await fetch(`${gateway.url}/metrics`)).text();

/** The value of one series, named as it is written: `name{label="value"}`. */
async function sample(series: string): Promise<number> {
  const line = (await scrape()).split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
}

const promtool = spawnSync('promtool', ['--version']).error === undefined;

describe('GET /metrics', () => {
  it.skipIf(!promtool)('is what promtool accepts (left out without promtool)', async () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape() });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('shows database, journal, disk, webhooks and what runs', async () => {
    expect(await sample('gateway_database_up')).toBe(1);
    expect(await sample('gateway_database_ping_seconds')).toBeGreaterThan(0);
    expect(await sample('gateway_journal_available')).toBe(1);
    expect(await sample('gateway_provider_up{provider="openai"}')).toBe(1);
    expect(await sample('gateway_webhook_deliveries_queued')).toBe(0);
    const [size, free, used] = [
      await sample('gateway_disk_size_bytes'),
      await sample('gateway_disk_free_bytes'),
      await sample('gateway_disk_used_ratio'),
    ];
    expect(size).toBeGreaterThan(free);
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThanOrEqual(1);
    expect(await sample(`gateway_build_info{version="0.1.0",node="${process.version}"}`)).toBe(1);
    expect(await sample('gateway_nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });

  it('adds up over several processes, each metric as it says', async () => {
    const one = await gateway.gateway.services.metrics.snapshot();
    const text = await joinSnapshots([one, structuredClone(one)]);
    expect(text).toContain('gateway_database_up 1');
    expect(text).toMatch(/gateway_build_info\{.*\} 1/);
    expect(text).toContain('gateway_provider_up{provider="openai"} 1');
    const max = await sample('gateway_database_connections_max');
    expect(text).toContain(`gateway_database_connections_max ${2 * max}`);
  });
});
