import { z } from 'zod';
import { operation } from '../operation.ts';

export const watchLive = operation({
  id: 'live.watch',
  method: 'GET',
  path: '/v1/live',
  group: 'Connection',
  label: 'Watch for changes',
  description:
    'Server-sent events that say which kinds of things changed, without their content: read them again. One event a second at most.',
  surfaces: [],
  access: 'anyone',
  kind: 'events',
  input: z.strictObject({}),
  output: z.object({
    changed: z.array(z.string()).meta({
      title: 'Changed',
      description: 'Kinds of things, as the ids of operations begin: budgets, calls, usage, events, scenarios.',
    }),
  }),
  errors: ['invalid_request', 'rate_limited'],
  sample: { input: {}, output: { changed: ['budgets', 'calls', 'usage'] } },
  wrong: [
    { input: { since: 'yesterday' }, because: 'unknown fields are refused' },
    { input: null, because: 'the input is an object' },
  ],
});
