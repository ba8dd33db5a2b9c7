import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { cacheKey } from '../../gateway/src/cache/cache-key.ts';
import { diskFolder } from '../support/data-folder.ts';
import { percentile } from './load.ts';
import { startGateway } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

/** As many answers are kept, and asked for again one after the other. */
const answers = 300;

/** The time of a hit, its durable row included, and the time that its key takes. */
export async function cacheFigures(note: Note, providerUrl: string): Promise<void> {
  console.log('\nresponse cache');
  const folder = diskFolder('cache-bench');
  const key = `gw_live_${randomBytes(24).toString('hex')}`;
  const env = {
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${providerUrl}/v1`,
    GATEWAY_BOOTSTRAP_KEY: key,
  };
  const ask = async (url: string, n: number): Promise<{ ms: number; cache: string | null }> => {
    const startedAt = performance.now();
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-gateway-cache': 'ttl=3600' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: `Question ${n}` }] }),
    });
    await answer.arrayBuffer();
    return { ms: performance.now() - startedAt, cache: answer.headers.get('x-gateway-cache') };
  };
  const askAll = async (url: string): Promise<number[]> => {
    const times: number[] = [];
    for (let n = 0; n < answers; n++) {
      const { ms, cache } = await ask(url, n);
      if (cache?.startsWith('hit') === true) times.push(ms);
    }
    return times;
  };
  const first = await startGateway(env);
  await askAll(first.url);
  const memory = await askAll(first.url);
  await first.stop();
  // A process that starts has nothing in memory; a first question warms its path.
  const second = await startGateway(env);
  for (let n = 0; n < 20; n++) await ask(second.url, n);
  const database = (await askAll(second.url)).slice(20);
  await second.stop();
  rmSync(folder, { recursive: true, force: true });
  if (memory.length < answers || database.length < answers - 20) throw new Error('an answer was not in the cache');
  note('hit from memory p50, ms', percentile(memory, 50), '≤ 2');
  note('hit from Postgres p50, ms', percentile(database, 50), '≤ 6');
  for (const [name, characters, must] of [
    ['4 kB', 4_000, '≤ 0.1'],
    ['40 kB', 40_000, '≤ 0.5'],
    ['400 kB', 400_000, '≤ 6'],
  ] as const)
    note(`cache key of ${name}, ms`, keyMs(characters), must);
}

function keyMs(characters: number): number {
  const messages = Array.from({ length: 20 }, (_, i) => ({
    role: i % 2 ? 'assistant' : 'user',
    content: 'word '.repeat(characters / 100),
  }));
  const json = { model: 'gpt-4o', messages, temperature: 0.5 };
  const body = Buffer.from(JSON.stringify(json));
  const parts = {
    ...{ epoch: 0, workspaceId: 'ws', livemode: true, scope: 's', dialect: 'chat' as const, account: 'a', model: 'm' },
    ...{ headers: {}, strict: false, maxTokens: undefined, json, body, ownKey: undefined, tagNames: ['client_id'] },
  };
  const times: number[] = [];
  for (let round = 0; round < 60; round++) {
    const startedAt = performance.now();
    cacheKey('a'.repeat(64), parts);
    times.push(performance.now() - startedAt);
  }
  return percentile(times.slice(20), 50);
}
