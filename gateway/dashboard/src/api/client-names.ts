import { batched } from './batched.ts';
import { call } from './client.ts';
import { useMay } from './session.ts';
import { useNames } from './use-names.ts';

const read = batched(async (ids) =>
  (await call('clients.list', { id: [...ids], limit: 100 })).data.map(({ id, name }) => [id, name] as const),
);

/** The names of clients: `nameOf('acme')` is `Acme Ltd`. A client without a name, and one that is not known yet, is its id. */
export function useClientNames(ids: readonly (string | null)[] = []): (id: string) => string {
  const may = useMay();
  const nameOf = useNames({ kind: 'client name', read, enabled: may('clients.list') }, ids);
  return (id) => nameOf(id) ?? id;
}
