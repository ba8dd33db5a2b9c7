import { z } from 'zod';
import { operation } from '../operation.ts';
import { email } from './members.ts';

/*
 * Passkeys at sign-in, step-up, sign-up and a forgotten password. As in auth.ts these calls are for the gateway's own pages, and no part of the API.
 */

const browsers = (title: string, description: string) => z.record(z.string(), z.unknown()).meta({ title, description });
const session = z.unknown().meta({ title: 'Session', description: 'As GET /v1/session answers.' });
const options = browsers('Options', 'The argument of navigator.credentials.get, in JSON.');
const response = browsers('Response', 'The credential that the browser gave, in JSON.');

export const preparePasskeySignIn = operation({
  id: 'auth.passkey.options',
  method: 'POST',
  path: '/auth/passkey/options',
  group: 'People',
  label: 'Begin to sign in with a passkey',
  description: 'Gives the options with which a browser asks for a passkey. They work once, within five minutes.',
  surfaces: [],
  access: 'anyone',
  input: z.strictObject({}),
  output: options,
  errors: ['conflict', 'rate_limited'],
  sample: { input: {}, output: { challenge: 'AAAA', rpId: 'gateway.example.com' } },
  wrong: [
    { input: { email: 'ada@agency.example' }, because: 'a passkey knows its person' },
    { input: null, because: 'the input is an object' },
  ],
});

export const signInByPasskey = operation({
  id: 'auth.passkey',
  method: 'POST',
  path: '/auth/passkey',
  group: 'People',
  label: 'Sign in with a passkey',
  description: 'Signs in with a passkey.',
  surfaces: [],
  access: 'anyone',
  input: z.strictObject({ response }),
  output: session,
  errors: ['invalid_credentials', 'rate_limited'],
  sample: { input: { response: { id: 'AAAA', type: 'public-key' } }, output: null },
  wrong: [
    { input: {}, because: 'it needs what the browser gave' },
    { input: { response: 'AAAA' }, because: 'the response is an object' },
  ],
});

export const prepareStepUp = operation({
  id: 'auth.step-up.options',
  method: 'POST',
  path: '/auth/step-up/options',
  group: 'People',
  label: 'Begin to confirm with a passkey',
  description: 'Gives the options with which a browser asks for a passkey of the person who is signed in.',
  surfaces: [],
  access: 'session',
  input: z.strictObject({}),
  output: options,
  errors: ['conflict'],
  sample: { input: {}, output: { challenge: 'AAAA', rpId: 'gateway.example.com' } },
  wrong: [
    { input: { email: 'ada@agency.example' }, because: 'it takes no fields' },
    { input: null, because: 'the input is an object' },
  ],
});

export const stepUp = operation({
  id: 'auth.step-up',
  method: 'POST',
  path: '/auth/step-up',
  group: 'People',
  label: 'Confirm that it is you',
  description:
    'Confirms a password, a code, a recovery code or a passkey. Changes that ask for it are allowed for ten minutes.',
  surfaces: [],
  access: 'session',
  input: z
    .strictObject({
      password: z.string().min(1).max(1_000).optional().meta({ title: 'Password', description: 'Your password.' }),
      code: z
        .string()
        .min(1)
        .max(20)
        .optional()
        .meta({ title: 'Code', description: 'Six digits of the authenticator app.' }),
      recovery_code: z
        .string()
        .min(1)
        .max(50)
        .optional()
        .meta({ title: 'Recovery code', description: 'A recovery code that is not used yet.' }),
      passkey: response.optional(),
    })
    .refine((given) => Object.values(given).some((one) => one !== undefined), {
      error: 'needs a password, a code, a recovery code or a passkey',
    }),
  output: z.object({
    expires_at: z
      .string()
      .meta({ title: 'Expires at', description: 'Until then changes that ask for it are allowed.' }),
  }),
  errors: ['invalid_request', 'invalid_credentials', 'second_factor_required', 'rate_limited'],
  sample: { input: { code: '287082' }, output: { expires_at: '2026-11-01T08:10:00.000Z' } },
  wrong: [
    { input: {}, because: 'it needs a factor' },
    { input: { code: 287082 }, because: 'a code is text: it may begin with 0' },
  ],
});

export const signUp = operation({
  id: 'auth.sign-up',
  method: 'POST',
  path: '/auth/sign-up',
  group: 'People',
  label: 'Sign up',
  description: 'Sends a link that makes a workspace. The answer is the same for addresses that are known.',
  surfaces: [],
  access: 'anyone',
  status: 202,
  input: z.strictObject({
    email,
    name: z.string().trim().min(1).max(100).optional().meta({ title: 'Name', description: 'Your name.' }),
    workspace_name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .meta({ title: 'Workspace', description: 'The name of your workspace.' }),
  }),
  output: z.object({ email }),
  errors: ['invalid_request', 'forbidden', 'rate_limited'],
  sample: { input: { email: 'ada@agency.example' }, output: { email: 'ada@agency.example' } },
  wrong: [
    { input: {}, because: 'it needs an address' },
    { input: { email: 'ada' }, because: 'that is not an address' },
  ],
});

export const reset = operation({
  id: 'auth.reset',
  method: 'POST',
  path: '/auth/reset',
  group: 'People',
  label: 'Ask for a new password',
  description: 'Sends a link that signs you in to set a new password. The answer is the same for unknown addresses.',
  surfaces: [],
  access: 'anyone',
  status: 202,
  input: z.strictObject({ email }),
  output: z.object({ email }),
  errors: ['invalid_request', 'rate_limited'],
  sample: { input: { email: 'ada@agency.example' }, output: { email: 'ada@agency.example' } },
  wrong: [
    { input: {}, because: 'it needs an address' },
    { input: { email: 'ada' }, because: 'that is not an address' },
  ],
});
