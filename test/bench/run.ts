import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { diskFolder } from '../support/data-folder.ts';
import { cacheFigures } from './cache.ts';
import { configuredFigures } from './configured.ts';
import { headFigures } from './heads.ts';
import { installFigures } from './install.ts';
import { liveFigures } from './live.ts';
import { callsPerSecond, type LoadTarget, latencies, percentile, streams } from './load.ts';
import { moneyFigures } from './money.ts';
import { oldSnapshotFigure } from './old-snapshot-figure.ts';
import { peerFigures } from './peers.ts';
import { freePort, run, startGateway, startScript, stopAll, untilOpen } from './processes.ts';
import { ruleFigures } from './rules.ts';
import { screenFigures } from './screens.ts';
import { signInFigures } from './sign-ins.ts';
import { streamFigures } from './stream-figures.ts';
import { trafficFigures } from './traffic-figures.ts';
import { workerFigures } from './workers.ts';

/**
 * The figures of the data path, in one go against one local provider: the gateway (embedded Postgres, one process, journal and
 * tags on), a bare proxy that stores nothing (written in two ways), and Portkey's gateway, which stores nothing. Ratios count; the machine is noisy.
 * `SECONDS=10` makes the streams shorter for a quick look.
 */
const streamSeconds = Number(process.env.SECONDS ?? 60);
const key = `gw_live_${randomBytes(24).toString('hex')}`;
const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const dataDir = diskFolder('bench');

interface Figure {
  figure: string;
  value: number;
  must: string | undefined;
}
const figures: Figure[] = [];
const note = (figure: string, value: number, must?: string): void => {
  figures.push({ figure, value: Math.round(value * 1000) / 1000, must });
  console.log(`  ${figure}: ${value.toFixed(2)}${must === undefined ? '' : ` (must be ${must})`}`);
};

try {
  const provider = await startScript('bench-provider.ts', String(streamSeconds));
  const providerUrl = `http://127.0.0.1:${provider}`;
  const bare = await startScript('bare-proxy.ts', providerUrl);
  const bareOnRequest = await startScript('bare-proxy-on-request.ts', providerUrl);
  const env = {
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${providerUrl}/v1`,
    GATEWAY_BOOTSTRAP_KEY: key,
    GATEWAY_OPERATOR_KEY: operatorKey,
  };

  // The first start makes the database; the later ones are measured.
  await (await startGateway(env)).stop();
  const gateway = await startGateway(env);
  const { url } = gateway;

  // The load is a loop, and the loop breaker would say so.
  const unlimited = await fetch(`${url}/v1/scenarios/*/limits`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ max_usd_per_hour: null, max_calls_per_minute: null, max_repeats: null }),
  });
  if (!unlimited.ok) throw new Error(`the loop breaker could not be switched off: ${unlimited.status}`);

  const portkeyPort = await freePort();
  const require = createRequire(import.meta.url);
  run(
    [
      join(dirname(require.resolve('@portkey-ai/gateway/package.json')), 'build', 'start-server.js'),
      `--port=${portkeyPort}`,
      '--headless',
    ],
    { NODE_ENV: 'production' },
  );
  await untilOpen(portkeyPort);

  const path = '/v1/chat/completions';
  const targets = {
    direct: { name: 'direct', url: providerUrl + path, headers: { authorization: 'Bearer sk-bench' } },
    bare: { name: 'bare proxy', url: `http://127.0.0.1:${bare}${path}`, headers: { authorization: 'Bearer sk-bench' } },
    bareOnRequest: {
      name: 'bare proxy on request',
      url: `http://127.0.0.1:${bareOnRequest}${path}`,
      headers: { authorization: 'Bearer sk-bench' },
    },
    gateway: {
      name: 'gateway',
      url: url + path,
      headers: {
        authorization: `Bearer ${key}`,
        'x-client-id': 'acme',
        'x-scenario-id': '42',
        'x-scenario-platform': 'make',
      },
    },
    portkey: {
      name: 'portkey',
      url: `http://127.0.0.1:${portkeyPort}${path}`,
      headers: {
        authorization: 'Bearer sk-bench',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `${providerUrl}/v1`,
      },
    },
  } satisfies Record<string, LoadTarget>;

  console.log('\nplain calls per second, 32 connections');
  const compared = ['bare', 'bareOnRequest', 'gateway', 'portkey'] as const;
  const rates = {
    bare: [] as number[],
    bareOnRequest: [] as number[],
    gateway: [] as number[],
    portkey: [] as number[],
  };
  for (const name of compared) await callsPerSecond(targets[name], 3);
  for (let round = 0; round < 3; round++) {
    for (const name of compared) rates[name].push(await callsPerSecond(targets[name], 5));
  }
  const rate = (target: (typeof compared)[number]): number => percentile(rates[target], 50);
  for (const name of compared) console.log(`  ${targets[name].name}: ${rate(name).toFixed(0)}`);
  note("plain calls/s ÷ bare proxy on undici's dispatch", rate('gateway') / rate('bare'), '≥ 0.5');
  note("plain calls/s ÷ bare proxy on undici's request", rate('gateway') / rate('bareOnRequest'), '≥ 0.5');
  note('plain calls/s ÷ Portkey', rate('gateway') / rate('portkey'), '≥ 4');
  const alone = await callsPerSecond(targets.direct, 5);
  note('load of the plain calls alone ÷ gateway', alone / rate('gateway'), '≥ 2');

  await configuredFigures(note, { url, operatorKey, pid: gateway.pid });
  await ruleFigures(note);
  await headFigures(note);

  console.log('\nadded latency at 100 calls/s');
  const steady = { perSecond: 100, seconds: 11 };
  const direct = await latencies(targets.direct, steady);
  const through = await latencies(targets.gateway, steady);
  note('added latency p50, ms', percentile(through, 50) - percentile(direct, 50), '≤ 3');
  note('added latency p99, ms', percentile(through, 99) - percentile(direct, 99), '≤ 15');

  await streamFigures(note);

  console.log(`\n1,000 concurrent streams, 20 chunks/s each, ${streamSeconds} s`);
  const straight = await streams(targets.direct, { count: 1000, model: 'gpt-4o' });
  let rss = 0;
  const many = await streams(targets.gateway, {
    count: 1000,
    model: 'gpt-4o',
    onSecond: () => {
      rss = Math.max(rss, gateway.rss());
    },
  });
  note('streams broken', many.broken, '0');
  note('added first byte p99, ms', percentile(many.firstByteMs, 99) - percentile(straight.firstByteMs, 99), '≤ 150');
  note('gateway RSS, MB', rss, '≤ 350');

  await workerFigures(note, providerUrl);
  await liveFigures(note, providerUrl);
  await signInFigures(note, providerUrl);
  await moneyFigures(note, providerUrl);
  await cacheFigures(note, providerUrl);
  await trafficFigures(note);
  await screenFigures(note);

  await stopAll();
  await oldSnapshotFigure(note);
  await peerFigures(note);

  await installFigures(note);

  console.log('');
  for (const figure of figures) console.log(JSON.stringify(figure));
} finally {
  await stopAll();
  rmSync(dataDir, { recursive: true, force: true });
}
