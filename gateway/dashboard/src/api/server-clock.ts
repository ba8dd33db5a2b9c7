import { dayIn } from '../format/when.ts';

/** The gateway's clock. A browser's own may be a day wrong, and "expired", "resets in" and "today" are the gateway's to say. */

/** A Date header is to the second, and an answer takes a moment: a smaller difference is none. */
const toleranceMs = 5_000;

let offsetMs = 0;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Reads the header Date of an answer of the gateway. */
export function noteServerTime(date: string | null | undefined): void {
  const serverMs = date === null || date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) return;
  const foundMs = serverMs - Date.now();
  const nextMs = Math.abs(foundMs) < toleranceMs ? 0 : foundMs;
  if (Math.abs(nextMs - offsetMs) < toleranceMs) return;
  offsetMs = nextMs;
  tick();
}

/** The time at the gateway, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** The day at the gateway, as the API writes days. It never turns before the gateway's own does, and may turn a few seconds after it. */
export function serverDayNow(zone: string): string {
  return dayIn(zone, serverNow() - toleranceMs);
}

/** The time as it was at the last tick: every ten seconds while somebody listens, so all that shows it agrees. */
export function lastTick(): number {
  return now;
}

/** Returns its end. */
export function onTick(listener: () => void): () => void {
  if (listeners.size === 0) now = serverNow();
  listeners.add(listener);
  timer ??= setInterval(tick, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  now = serverNow();
  for (const one of listeners) one();
}
