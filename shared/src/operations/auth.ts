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

const code = z
  .string()
  .trim()
  .max(20)
  .meta({ title: 'Code', description: 'The code that your authenticator app shows.' });
const recoveryCode = z
  .string()
  .trim()
  .max(100)
  .meta({ title: 'Recovery code', description: 'One of your recovery codes, in place of a code.' });

const noAnswer = z.unknown().meta({ title: 'Session', description: 'As GET /v1/session answers.' });

export const openLink = operation({
  id: 'auth.link',
  method: 'POST',
  path: '/auth/link',
  group: 'People',
  label: 'Open a link',
  description:
    'Signs in with a link that was printed or sent. It works once. A link to set a new password asks for a code of your app, if you have one.',
  surfaces: [],
  access: 'anyone',
  input: z.strictObject({
    token: z.string().min(1).max(200).meta({ title: 'Token', description: 'The part of the link after #.' }),
    email: email.optional(),
    name: z.string().trim().min(1).max(100).optional().meta({ title: 'Name', description: 'Your name.' }),
    code: code.optional(),
    recovery_code: recoveryCode.optional(),
  }),
  output: noAnswer,
  errors: [
    'invalid_request',
    'invalid_credentials',
    'second_factor_required',
    'link_used',
    'forbidden',
    'misdirected_request',
    'rate_limited',
  ],
  sample: { input: { token: 'nY2…', email: 'ada@agency.example' }, output: null },
  wrong: [
    { input: {}, because: 'it needs the token' },
    { input: { token: 'nY2…', email: 'ada' }, because: 'that is not an address' },
  ],
});

export const signIn = operation({
  id: 'auth.sign-in',
  method: 'POST',
  path: '/auth/sign-in',
  group: 'People',
  label: 'Sign in',
  description: 'Signs in with a password. With an address alone, a domain with single sign-on answers where to go on.',
  surfaces: [],
  access: 'anyone',
  input: z.strictObject({
    email,
    password: z.string().min(1).max(1_000).optional().meta({ title: 'Password', description: 'Your password.' }),
    code: code.optional(),
    recovery_code: recoveryCode.optional(),
  }),
  output: noAnswer,
  errors: [
    'invalid_request',
    'invalid_credentials',
    'second_factor_required',
    'forbidden',
    'misdirected_request',
    'rate_limited',
  ],
  sample: { input: { email: 'ada@agency.example', password: 'three random words' }, output: null },
  wrong: [
    { input: { password: 'three random words' }, because: 'it needs the address' },
    { input: { email: 'ada', password: 'three random words' }, because: 'that is not an address' },
  ],
});
