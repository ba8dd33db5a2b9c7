import { useRead } from './queries.ts';
import { useMay } from './session.ts';

/** The clock of the workspace, by which every day, month and chart goes; UTC until it is known. */
export function useZone(): string {
  const may = useMay();
  return useRead('workspace.get', {}, { enabled: may('workspace.get') }).data?.timezone ?? 'UTC';
}
