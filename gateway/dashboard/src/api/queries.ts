import type { InputOf, OperationId, OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import {
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { call, callNamed } from './client.ts';
import { isSameKind } from './kept-answers.ts';
import { type Mode, useMode } from './mode.ts';
import { namesOf } from './touched-answers.ts';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one; a gateway that restarts is back in a moment.
      retry: (count, error) => count < 2 && !(isGatewayError(error) && error.status < 500),
      retryDelay: 500,
    },
  },
});

/** Every answer is kept under its operation, its input and the mode. */
export function keyOf(id: string, input: unknown, mode: Mode): readonly unknown[] {
  return ['operation', id, mode, input];
}

export interface ReadOptions {
  /** False: not now. */
  enabled?: boolean;
  /** Shows the answer before while the next one comes: for filters and pages. Rows of another group, and of the other mode, are not kept. */
  keep?: boolean;
}

/** Reads by an operation; hints of `/v1/live` and every change of ours read it again. */
export function useRead<Id extends OperationId>(
  id: Id,
  input: InputOf<Id>,
  { enabled = true, keep = false }: ReadOptions = {},
): UseQueryResult<OutputOf<Id>> {
  const mode = useMode();
  return useQuery({
    queryKey: keyOf(id, input, mode),
    queryFn: ({ signal }): Promise<OutputOf<Id>> => call(id, input as never, signal),
    enabled,
    ...(keep && {
      placeholderData: (before: unknown, query?: { queryKey: readonly unknown[] }) =>
        (isSameKind(query?.queryKey, keyOf(id, input, mode)) ? before : undefined) as never,
    }),
  }) as UseQueryResult<OutputOf<Id>>;
}

async function readAgainAfter(client: QueryClient, id: string): Promise<void> {
  const names = Object.entries(namesOf).flatMap(([kind, noun]) => (id.startsWith(`${noun}.`) ? [kind] : []));
  const kinds = ['operation', ...names];
  await Promise.all(kinds.map((kind) => client.invalidateQueries({ queryKey: [kind] })));
}

/** Changes by an operation. All that is on screen is read again afterwards: a raise shows in the budget, the client and on Home. */
export function useChange<Id extends OperationId>(id: Id): UseMutationResult<OutputOf<Id>, Error, InputOf<Id>> {
  const client = useQueryClient();
  return useMutation({
    // Answers hold secrets, and no cache keeps them.
    gcTime: 0,
    mutationFn: (input: InputOf<Id>) => call(id, input as never),
    onSuccess: () => readAgainAfter(client, id),
  });
}

/** The same, for a form that is drawn from the contract. */
export function useNamedChange(id: string): UseMutationResult<unknown, Error, Record<string, unknown>> {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (input: Record<string, unknown>) => callNamed(id, input),
    onSuccess: () => readAgainAfter(client, id),
  });
}
