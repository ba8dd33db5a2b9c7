import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { request } from './client.ts';

/** Opens another workspace of the person, from its Home on. Throws the API's refusal. */
export function useSwitchWorkspace(): (id: string) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (id) => {
    await request('PATCH', '/v1/session', { workspace_id: id });
    queries.clear();
    await navigate({ to: '/app', reloadDocument: true });
  };
}
