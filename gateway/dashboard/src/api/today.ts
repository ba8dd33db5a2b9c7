import { useSyncExternalStore } from 'react';
import { onTick, serverDayNow } from './server-clock.ts';
import { useZone } from './zone.ts';

/** The day that it is in the workspace, as the API writes days: what shows it is drawn again at midnight there, and not every ten seconds. */
export function useToday(): string {
  const zone = useZone();
  return useSyncExternalStore(onTick, () => serverDayNow(zone));
}
