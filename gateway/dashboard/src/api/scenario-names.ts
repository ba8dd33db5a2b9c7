import { batched } from './batched.ts';
import { call } from './client.ts';
import { useMay } from './session.ts';
import { useNames } from './use-names.ts';

const read = batched(async (ids) =>
  (await call('scenarios.names', { id: [...ids], limit: 100 })).data.map(({ id, name }) => [id, name] as const),
);

/** The names that people gave to scenarios; null for one without, undefined for one that is not known yet. */
export function useScenarioNames(ids: readonly (string | null)[] = []): (id: string) => string | null | undefined {
  const may = useMay();
  return useNames({ kind: 'scenario name', read, enabled: may('scenarios.names') }, ids);
}
