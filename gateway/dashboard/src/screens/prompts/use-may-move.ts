import { useMode } from '../../api/mode.ts';
import { useMay } from '../../api/session.ts';

/** The label of calls that name none. */
export const productionLabel = 'production';

/** Asks of a label whether this person may move it now. `production` decides what live calls say, so test mode cannot move it. */
export function useMayMove(): (label: string) => boolean {
  const may = useMay();
  const mode = useMode();
  return (label) => may('prompts.labels.set') && (mode === 'live' || label !== productionLabel);
}
