import { type ReactNode, useSyncExternalStore } from 'react';
import { lastTick, onTick } from '../api/server-clock.ts';
import { useZone } from '../api/zone.ts';
import { momentForPeople, placeOf, whenForPeople } from '../format/when.ts';

/** A moment on the workspace's clock: relative under a day, in full as its title; `full` writes it out with its zone. */
export function When({ at, full = false }: { at: string; full?: boolean }): ReactNode {
  const zone = useZone();
  const now = useNow();
  return (
    <time dateTime={at} title={`${momentForPeople(at, zone)} (${zone}) · ${at}`}>
      {full ? `${momentForPeople(at, zone)} (${placeOf(zone)})` : whenForPeople(at, zone, now)}
    </time>
  );
}

/** The gateway's time, to ten seconds: one clock for all that shows it. */
export function useNow(): number {
  return useSyncExternalStore(onTick, lastTick);
}
