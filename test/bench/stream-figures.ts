import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { diskFolder } from '../support/data-folder.ts';
import { percentile } from './load.ts';
import { cpuSecondsOf, startGateway, startScript, startScriptProcess } from './processes.ts';
import { eventsInStream, readStreams } from './read-streams.ts';

type Note = (figure: string, value: number, must: string) => void;

/**
 * The cost of a relayed event, against a pipe that reads nothing and stores nothing. Provider and reader work in ready-made bytes, so
 * that neither is the limit: without a proxy between them they reach several times what is measured.
 */
export async function streamFigures(note: Note): Promise<void> {
  const dataDir = diskFolder('bench-streams');
  const key = `gw_live_${randomBytes(24).toString('hex')}`;
  const provider = await startScript('stream-provider.ts');
  const providerUrl = `http://127.0.0.1:${provider}`;
  const bare = await startScriptProcess('bare-proxy.ts', providerUrl);
  const gateway = await startGateway({
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${providerUrl}/v1`,
    GATEWAY_BOOTSTRAP_KEY: key,
  });
  const path = '/v1/chat/completions';
  const targets = {
    direct: { url: providerUrl + path, headers: {}, cpu: () => 0 },
    bare: {
      url: `http://127.0.0.1:${bare.port}${path}`,
      headers: { authorization: 'Bearer sk-bench' },
      cpu: () => cpuSecondsOf(bare.pid),
    },
    gateway: {
      url: gateway.url + path,
      headers: { authorization: `Bearer ${key}`, 'x-client-id': 'acme' },
      cpu: () => cpuSecondsOf(gateway.pid),
    },
  };
  const measured = { direct: [] as Measured[], bare: [] as Measured[], gateway: [] as Measured[] };
  const names = ['direct', 'bare', 'gateway'] as const;
  for (const name of names) await measure(targets[name], 32);
  for (let round = 0; round < 5; round++)
    for (const name of names) measured[name].push(await measure(targets[name], 200));
  const middle = (name: (typeof names)[number], what: keyof Measured): number =>
    percentile(
      measured[name].map((one) => one[what]),
      50,
    );
  console.log('\nstreamed events relayed per second, 32 streams at once');
  for (const name of names)
    console.log(
      `  ${name}: ${middle(name, 'perSecond').toFixed(0)}, ${middle(name, 'cpuUs').toFixed(2)} µs of CPU each`,
    );
  note('streamed events/s ÷ bare pipe', middle('gateway', 'perSecond') / middle('bare', 'perSecond'), '≥ 0.6');
  note('CPU of a streamed event: bare pipe ÷ gateway', middle('bare', 'cpuUs') / middle('gateway', 'cpuUs'), '≥ 0.6');
  note('load of the streams alone ÷ the bare pipe', middle('direct', 'perSecond') / middle('bare', 'perSecond'), '≥ 3');
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

interface Measured {
  perSecond: number;
  cpuUs: number;
}

async function measure(
  target: { url: string; headers: Record<string, string>; cpu: () => number },
  count: number,
): Promise<Measured> {
  const before = target.cpu();
  const perSecond = await readStreams(target, { count, atOnce: 32 });
  return { perSecond, cpuUs: ((target.cpu() - before) * 1e6) / (count * eventsInStream) };
}
