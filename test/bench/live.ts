import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEvents } from '@ai-gateway/shared/server-sent-events';
import { diskFolder } from '../support/data-folder.ts';
import { callsPerSecond, percentile, plainBody } from './load.ts';
import { startGateway } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

const key = `gw_live_${randomBytes(24).toString('hex')}`;
const headers = { authorization: `Bearer ${key}` };
const watchers = 20;
const rounds = 6;
const roundSeconds = 4;

/** Plain calls with twenty connections that wait for hints and without, in turn, and how long a call takes to become a hint. */
export async function liveFigures(note: Note, providerUrl: string): Promise<void> {
  console.log(`\nplain calls over 32 connections, with ${watchers} watchers and without`);
  const folder = diskFolder('bench-live');
  const gateway = await startGateway({
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${providerUrl}/v1`,
    GATEWAY_BOOTSTRAP_KEY: key,
  });
  const target = { name: 'gateway', url: `${gateway.url}/v1/chat/completions`, headers };
  try {
    await callsPerSecond(target, 6);
    const shares: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const without = await callsPerSecond(target, roundSeconds);
      const open = await Promise.all(Array.from({ length: watchers }, () => watch(gateway.url)));
      const withAll = await callsPerSecond(target, roundSeconds);
      for (const one of open) {
        if (one.hints() === 0) throw new Error('a watcher got no hint');
        one.close();
      }
      shares.push(withAll / without);
    }
    note(`calls a second with ${watchers} watchers ÷ without`, percentile(shares, 50), '≥ 0.95');
    note('a call becomes a hint, P95 of 20, s', percentile(await arrivals(gateway.url), 95) / 1000, '≤ 2');
  } finally {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(url: string): Promise<{ hints: () => number; close: () => void }> {
  const cut = new AbortController();
  const { body, status } = await fetch(`${url}/v1/live`, { headers, signal: cut.signal });
  if (body === null || status !== 200) throw new Error(`GET /v1/live: ${status}`);
  let hints = 0;
  const read = async (): Promise<void> => {
    for await (const item of readEvents(body as unknown as AsyncIterable<Uint8Array>)) if ('data' in item) hints += 1;
  };
  read().catch(() => {});
  return { hints: () => hints, close: () => cut.abort() };
}

async function arrivals(url: string): Promise<number[]> {
  const one = await watch(url);
  const times: number[] = [];
  for (let n = 0; n < 20; n++) {
    // At any moment of the second between two hints.
    await sleep(1_000 + n * 50);
    const before = one.hints();
    const began = performance.now();
    await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: plainBody,
    });
    while (one.hints() === before) await sleep(5);
    times.push(performance.now() - began);
  }
  one.close();
  return times;
}
