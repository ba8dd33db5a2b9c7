import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { request } from '../../api/client.ts';
import { useMode } from '../../api/mode.ts';
import { keyOf } from '../../api/queries.ts';

const status = z.enum(['ok', 'degraded', 'down']);

/** As much of `/status.json` as the screen shows. */
const shape = z.object({
  status,
  description: z.string(),
  components: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      group: z.enum(['gateway', 'providers']),
      status,
      uptime_percent: z.number().nullable(),
    }),
  ),
});

export type GatewayStatus = z.infer<typeof shape>;

/** The public status of the gateway, at most half a minute old. */
export function useStatus(): UseQueryResult<GatewayStatus> {
  return useQuery({
    queryKey: keyOf('status.json', {}, useMode()),
    queryFn: async () => shape.parse(await request('GET', '/status.json')),
  });
}
