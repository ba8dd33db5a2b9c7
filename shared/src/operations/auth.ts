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

const token = z.string().min(1).max(200).meta({ title: 'Token', description: 'The part of the link after #.' });

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
    token,
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

/** The workspace, the role and the inviter; null for other links and where the invitation is withdrawn. */
const invitation = z
  .object({
    role: z
      .enum(['owner', 'member', 'viewer', 'client'])
      .meta({ title: 'Role', description: 'The role that it gives.' }),
    rights: z.string().meta({ title: 'Rights', description: 'The rights of the role, in a sentence.' }),
    to: z.string().meta({ title: 'Name', description: 'Of the workspace; for a client the one of the branding.' }),
    by: z
      .object({
        name: z.string().meta({ title: 'Name', description: 'Of the inviter.' }),
        email: z.string().meta({ title: 'E-mail', description: 'Of the inviter.' }),
      })
      .nullable()
      .meta({ title: 'Inviter', description: 'Null where a key invites, and for people of a client.' }),
  })
  .nullable()
  .meta({ title: 'Invitation', description: 'Where the link is one.' });

export const viewLink = operation({
  id: 'auth.link.view',
  method: 'POST',
  path: '/auth/link/view',
  group: 'People',
  label: 'See what a link is',
  description: 'Tells the holder of a link what it is, and does not use it up.',
  surfaces: [],
  access: 'anyone',
  input: z.strictObject({ token }),
  output: z.object({
    state: z
      .enum(['open', 'used', 'expired', 'revoked', 'replaced', 'unknown'])
      .meta({ title: 'State', description: 'Only an open link does something.' }),
    purpose: z
      .enum(['first', 'sign-in', 'verify', 'reset', 'invite', 'sign-up'])
      .nullable()
      .meta({ title: 'Purpose', description: 'Null for an unknown link.' }),
    email: z
      .string()
      .nullable()
      .meta({ title: 'E-mail', description: 'The address of its person; null where it is not settled yet.' }),
    expires_at: z.string().nullable().meta({ title: 'Expires', description: 'Until when it works, or worked.' }),
    invitation,
    signed_in_as: z.string().nullable().meta({ title: 'Signed in as', description: 'The address of this browser.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'misdirected_request', 'rate_limited'],
  sample: {
    input: { token: 'nY2…' },
    output: {
      state: 'open',
      purpose: 'invite',
      email: 'bob@agency.example',
      expires_at: '2026-12-08T09:00:00.000Z',
      invitation: {
        role: 'viewer',
        rights: 'As a viewer you see clients, calls, budgets and invoices there, and change nothing.',
        to: 'Acme Agency',
        by: { name: 'Ada', email: 'ada@agency.example' },
      },
      signed_in_as: null,
    },
  },
  wrong: [{ input: {}, because: 'it needs the token' }],
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
