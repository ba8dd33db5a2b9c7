import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callLine } from '../../gateway/src/telemetry/call-line.ts';
import { newReport } from '../../gateway/src/telemetry/call-report.ts';
import { chat, hello, json } from '../support/ask.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/observe.md');

let gateway: TestGateway;
let collector: Collector;
let metrics: Map<string, string>;
beforeAll(async () => {
  collector = await startCollector();
  gateway = await startTestGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await json(gateway.post(chat, hello()));
  const body = await (await fetch(`${gateway.url}/metrics`)).text();
  metrics = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  // Metrics of a parent of workers only; its own tests scrape them.
  const ofWorkers = read('gateway/src/workers/metrics-of-all.ts');
  for (const [, type = '', name = ''] of ofWorkers.matchAll(/new (Gauge|Counter)\(\{\s+name: '(\w+)'/g))
    metrics.set(name, type.toLowerCase());
});
afterAll(async () => {
  await gateway.stop();
  await collector.stop();
});

const inherited = /^gateway_(process|nodejs)_/;

describe('docs/observe.md', () => {
  it('lists exactly the metrics that exist, with their types', () => {
    const listed = [...page.matchAll(/^\| `(gateway_\w+)` +\| (\w+) +\|/gm)].map(([, name = '', type = '']) => [
      name,
      type,
    ]);
    const there = [...metrics].filter(([name]) => !inherited.test(name));
    expect(new Map(listed.map(([name, type]) => [name, type] as [string, string]))).toEqual(new Map(there));
  });

  it('lists every field of a log line', () => {
    const section = page.slice(page.indexOf('| field'), page.indexOf('Other requests leave'));
    const listed = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    const report = newReport({ id: 'req_1', endpoint: chat, startedAt: 0 });
    expect(listed.sort()).toEqual(Object.keys(callLine(report, { status: 200, errorCode: undefined })).sort());
  });

  it('shows a line as the gateway writes it', () => {
    const shown = JSON.parse(/```json\n([^`]+)```/.exec(page)?.[1] ?? '') as Record<string, unknown>;
    const line = gateway.logs
      .join('')
      .split('\n')
      .find((one) => one.includes('"msg":"call"'));
    const written = JSON.parse(line ?? '') as Record<string, unknown>;
    // Tags are the caller's affair.
    expect(Object.keys(written).filter((name) => !(name in shown))).toEqual([]);
    expect(Object.keys(shown).filter((name) => !(name in written))).toEqual(['client_id']);
  });
});

describe('dashboards and alerts', () => {
  const files = [
    ...readdirSync(new URL('../../deploy/grafana', import.meta.url)).map((name) => `deploy/grafana/${name}`),
    'deploy/prometheus/alerts.yml',
  ];

  it.each(files)('%s names only metrics that /metrics has', (file) => {
    const named = [...new Set([...read(file).matchAll(/\bgateway_\w+/g)].map(([name]) => name))];
    expect(named.length).toBeGreaterThan(10);
    const plain = (name: string): string => {
      const base = name.replace(/_(bucket|sum|count)$/, '');
      return metrics.get(base) === 'histogram' ? base : name;
    };
    expect(named.filter((name) => !metrics.has(plain(name)))).toEqual([]);
  });

  it('every panel of a dashboard has a query and a place of its own', () => {
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const { panels } = JSON.parse(read(file)) as {
        panels: {
          id: number;
          type: string;
          title: string;
          gridPos: { x: number; y: number; w: number; h: number };
          targets?: { expr: string }[];
        }[];
      };
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const taken = new Set<string>();
      for (const { type, title, gridPos, targets = [] } of panels) {
        if (type !== 'row')
          expect(
            targets.map(({ expr }) => expr),
            title,
          ).not.toHaveLength(0);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.has(`${x} ${y}`), `${title} at ${x} ${y}`).toBe(false);
            taken.add(`${x} ${y}`);
          }
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      }
    }
  });

  const promtool = spawnSync('promtool', ['--version']).error === undefined;
  it.skipIf(!promtool).each([
    ['check', 'rules', 'deploy/prometheus/alerts.yml'],
    ['test', 'rules', 'deploy/prometheus/alerts.test.yml'],
  ])('promtool %s %s %s succeeds (left out without promtool)', (verb, what, file) => {
    const { status, stdout, stderr } = spawnSync('promtool', [verb, what, file], {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it.skipIf(!promtool)('promtool parses every query of the dashboards (left out without promtool)', () => {
    const queries = files
      .filter((name) => name.endsWith('.json'))
      .flatMap((file) =>
        [...read(file).matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text = '']) => JSON.parse(text) as string),
      )
      .map((query) => query.replaceAll('$__rate_interval', '5m').replaceAll('$provider', '.*'));
    const rules = queries.map((query, i) => `  - record: query:${i}\n    expr: ${JSON.stringify(query)}\n`).join('');
    const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-rules-'));
    const file = join(folder, 'queries.yml');
    writeFileSync(file, `groups:\n- name: dashboards\n  rules:\n${rules}`);
    const { status, stderr } = spawnSync('promtool', ['check', 'rules', '--lint=none', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

it('a job that fails is counted, and keeps the time of its last success', { timeout: 30_000 }, async () => {
  const job = 'reset budgets whose period is over';
  const read = async (name: string): Promise<number> => {
    const body = await (await fetch(`${gateway.url}/metrics`)).text();
    const line = body.split('\n').find((one) => one.startsWith(`${name}{background_job="${job}"}`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  const failures = () => read('gateway_job_failures_total');
  const succeededAt = () => read('gateway_job_last_success_timestamp_seconds');
  const { pool } = gateway.database;
  await expect.poll(succeededAt, { timeout: 10_000 }).toBeGreaterThan(Date.now() / 1000 - 60);
  await pool.query('alter table meters rename to meters_away');
  try {
    await expect.poll(failures, { timeout: 10_000 }).toBeGreaterThan(1);
  } finally {
    await pool.query('alter table meters_away rename to meters');
  }
  const before = await succeededAt();
  await expect.poll(succeededAt, { timeout: 10_000 }).toBeGreaterThan(before);
});
