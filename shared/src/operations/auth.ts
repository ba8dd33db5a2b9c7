import { z } from 'zod';
import { operation } from '../operation.ts';

/*
 * How people sign in. These calls are no part of the API: they set a cookie, so only the gateway's own pages may make them. The dashboard
 * draws their forms from here.
 */

const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email('must be an e-mail address'))
  .meta({ title: 'E-mail', description: 'The address you sign in with.' });

const noAnswer = z.unknown().meta({ title: 'Session', description: 'As GET /v1/session answers.' });

export const openLink = operation({
  id: 'auth.link',
  method: 'POST',
  path: '/auth/link',
  group: 'People',
  label: 'Open a link',
  description: 'Signs in with a link that was printed or sent. It works once.',
  surfaces: [],
  access: 'anyone',
  input: z.strictObject({
    token: z.string().min(1).max(200).meta({ title: 'Token', description: 'The part of the link after #.' }),
    email: email.optional(),
    name: z.string().trim().min(1).max(100).optional().meta({ title: 'Name', description: 'Your name.' }),
  }),
  output: noAnswer,
  errors: ['invalid_request', 'link_used', 'forbidden', 'misdirected_request'],
  sample: { input: { token: 'nY2…', email: 'ada@agency.example' }, output: null },
  wrong: [
    { input: {}, because: 'it needs the token' },
    { input: { token: 'nY2…', email: 'ada' }, because: 'that is not an address' },
  ],
});
