import { useQueries } from '@tanstack/react-query';
import { useMode } from './mode.ts';

/** Calls change no name, so a hint of calls reads none of them again: a hint of their own noun does. */
const staleTime = 300_000;

interface NameSource {
  /** The first part of the keys of the queries: `client name`. */
  kind: string;
  /** Null: it has none. */
  read: (id: string) => Promise<string | null>;
  enabled: boolean;
}

/** The names of things, for places where the API has their ids. Null without a name, undefined until it is known. */
export function useNames(
  { kind, read, enabled }: NameSource,
  ids: readonly (string | null)[],
): (id: string) => string | null | undefined {
  const mode = useMode();
  const wanted = [...new Set(ids)].filter((id): id is string => id !== null);
  const answers = useQueries({
    queries: wanted.map((id) => ({ queryKey: [kind, mode, id], queryFn: () => read(id), staleTime, enabled })),
  });
  const names = new Map(wanted.map((id, at) => [id, answers[at]?.data]));
  return (id) => names.get(id);
}
