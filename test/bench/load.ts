import { Agent, type IncomingMessage, request } from 'node:http';
import autocannon from 'autocannon';

export interface LoadTarget {
  name: string;
  url: string;
  headers: Record<string, string>;
  /** A plain call is posted, unless this says that the target is only read. */
  method?: 'GET';
}

const messages = [{ role: 'user', content: 'Is this an invoice or a newsletter? One word, please.' }];
export const plainBody = JSON.stringify({ model: 'gpt-4o', messages });

/** Plain calls a second, over 32 connections where nothing else is said; with several bodies, one after another. */
export async function callsPerSecond(
  target: LoadTarget,
  seconds: number,
  bodies: readonly string[] = [plainBody],
  connections = 32,
): Promise<number> {
  const result = await autocannon({
    url: target.url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...target.headers },
    ...(bodies.length > 1 ? { requests: bodies.map((body) => ({ body })) } : { body: bodies[0] ?? '' }),
    connections,
    duration: seconds,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${target.name}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.average;
}

/** Times in ms of calls that come at a steady rate, whether or not the ones before are answered. */
export async function latencies(
  target: LoadTarget,
  options: { perSecond: number; seconds: number },
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { perSecond, seconds } = options;
  const times: Promise<number>[] = [];
  const begin = performance.now();
  for (let i = 0; i < perSecond * seconds; i++) {
    const wait = begin + (i * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const sent = performance.now();
    times.push(
      ask(target, target.method === 'GET' ? undefined : plainBody, agent)
        .then(drain)
        .then(() => performance.now() - sent),
    );
  }
  const all = await Promise.all(times);
  agent.destroy();
  return all.slice(perSecond);
}

export interface Streamed {
  firstByteMs: number[];
  broken: number;
  chunks: number;
  seconds: number;
}

/** Opens `count` streams together and reads each to its end. */
export async function streams(
  target: LoadTarget,
  options: { count: number; model: string; onSecond?: () => void },
): Promise<Streamed> {
  const body = JSON.stringify({ model: options.model, stream: true, messages });
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const firstByteMs: number[] = [];
  let broken = 0;
  let chunks = 0;
  const begin = performance.now();
  const timer = setInterval(() => options.onSecond?.(), 1000);
  const one = async (i: number): Promise<void> => {
    // A second's worth of arrivals: a thousand people do not press return in the same millisecond.
    await new Promise((resolve) => setTimeout(resolve, (i * 1000) / options.count));
    const sent = performance.now();
    try {
      const res = await ask(target, body, agent);
      let tail = '';
      for await (const part of res) {
        if (tail === '') firstByteMs.push(performance.now() - sent);
        const text = (part as Buffer).toString('latin1');
        for (let at = text.indexOf('"content"'); at >= 0; at = text.indexOf('"content"', at + 9)) chunks += 1;
        tail = (tail + text).slice(-40);
      }
      if (!tail.includes('[DONE]')) broken += 1;
    } catch {
      broken += 1;
    }
  };
  await Promise.all(Array.from({ length: options.count }, (_, i) => one(i)));
  clearInterval(timer);
  agent.destroy();
  return { firstByteMs, broken, chunks, seconds: (performance.now() - begin) / 1000 };
}

function ask(target: LoadTarget, body: string | undefined, agent: Agent): Promise<IncomingMessage> {
  const type =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const method = target.method ?? 'POST';
    const req = request(target.url, { method, agent, headers: { ...type, ...target.headers } }, resolve);
    req.on('error', reject);
    req.end(body);
  });
}

async function drain(res: IncomingMessage): Promise<void> {
  if (res.statusCode !== 200) throw new Error(`refused: ${res.statusCode}`);
  for await (const _ of res) {
    // Read to the end: only then is the call over.
  }
}

/** By the nearest rank: P95 of 20 values is the 19th. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
