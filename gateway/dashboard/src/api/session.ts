import { isAllowed } from '@ai-gateway/shared/access';
import { type UseSuspenseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { request } from './client.ts';
import { useMode } from './mode.ts';
import { findOperation } from './operations.ts';

const role = z.enum(['owner', 'member', 'viewer', 'client']);

const sessionShape = z.object({
  person: z.object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    is_operator: z.boolean(),
  }),
  workspace: z.object({ id: z.string(), name: z.string() }).nullable(),
  workspaces: z.array(z.object({ id: z.string(), name: z.string(), role })),
  role: role.nullable(),
});

export type Session = z.infer<typeof sessionShape>;

export const sessionQuery = {
  queryKey: ['session'],
  queryFn: async (): Promise<Session> => sessionShape.parse(await request('GET', '/v1/session')),
  staleTime: 60_000,
};

/** The person who is signed in, and where. Screens are drawn after it is known. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery) as UseSuspenseQueryResult<Session>;
  return data;
}

/** Asks of any operation whether this person may do it now: whatever it denies is not shown. */
export function useMay(): (id: string) => boolean {
  const session = useSession();
  const mode = useMode();
  const of = { role: session.role, livemode: mode === 'live', isOperator: session.person.is_operator };
  return (id) => {
    const operation = findOperation(id);
    return operation !== undefined && isAllowed(operation, of);
  };
}
