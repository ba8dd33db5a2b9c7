import { type ReactNode, useSyncExternalStore } from 'react';
import { useZone } from '../api/zone.ts';
import { momentForPeople, whenForPeople } from '../format/when.ts';

/** A moment on the workspace's clock: relative under a day, in full as its title. */
export function When({ at, full = false }: { at: string; full?: boolean }): ReactNode {
  const zone = useZone();
  const now = useNow();
  return (
    <time dateTime={at} title={`${momentForPeople(at, zone)} (${zone}) · ${at}`}>
      {full ? momentForPeople(at, zone) : whenForPeople(at, zone, now)}
    </time>
  );
}

/** The time, to ten seconds: one clock for all that shows it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
