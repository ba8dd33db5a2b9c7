import type { HttpPools } from '../http-pools/http-pools.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const noticedMs = 5_000;
/** Signed webhooks are refused after five minutes at their receivers; budgets and keys end by the clock. */
const wrongMs = 60_000;

/** Compares this machine's clock with another one, both read at the same moment. */
export function clockFinding(other: string, { hereMs, thereMs }: { hereMs: number; thereMs: number }): Finding {
  const offMs = hereMs - thereMs;
  const seconds = Math.round(Math.abs(offMs) / 1_000);
  if (Math.abs(offMs) < noticedMs) return ok('clock', `This machine's clock agrees with ${other}.`);
  const text = `This machine's clock is ${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} ${other}. Periods of budgets, expiries and signatures depend on it: set it, and keep it right with NTP.`;
  return Math.abs(offMs) < wrongMs ? warn('clock', text) : fail('clock', text);
}

const askMs = 10_000;

/** The `Date` header of the answer from that address; undefined without an answer. */
export async function dateOf(httpPools: HttpPools, url: string): Promise<number | undefined> {
  try {
    const { headers, body } = await httpPools
      .pool(new URL(url).origin, true)
      .request({ method: 'HEAD', path: '/', signal: AbortSignal.timeout(askMs) });
    await body.dump();
    const ms = Date.parse(String(headers.date));
    return Number.isNaN(ms) ? undefined : ms;
  } catch {
    return undefined;
  }
}
