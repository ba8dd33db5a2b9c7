import { z } from 'zod';
import { operation } from '../operation.ts';
import { isoTime, nothing } from './common.ts';

/** What a browser's passkey API gives and takes: its own shape, carried along whole. */
const browsers = (title: string, description: string) => z.record(z.string(), z.unknown()).meta({ title, description });

const code = z
  .string()
  .trim()
  .min(1)
  .max(20)
  .meta({ title: 'Code', description: 'Six digits that the authenticator app shows.' });

export const createTotp = operation({
  id: 'me.totp.create',
  method: 'POST',
  path: '/v1/me/totp',
  group: 'Signed-in person',
  label: 'Add an authenticator app',
  description: 'Draws a secret for an authenticator app. It counts from the first code that is verified.',
  surfaces: ['dashboard'],
  access: 'person',
  input: z.strictObject({}),
  output: z.object({
    secret: z.string().meta({ title: 'Secret', description: 'The secret in base 32, to type into the app.' }),
    uri: z.string().meta({ title: 'Address', description: 'An otpauth address, to show as a QR code.' }),
  }),
  errors: ['forbidden', 'step_up_required', 'conflict'],
  sample: {
    input: {},
    output: {
      secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
      uri: 'otpauth://totp/AI%20Gateway:ada%40agency.example?issuer=AI%20Gateway&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    },
  },
  wrong: [
    { input: { secret: 'JBSWY3DPEHPK3PXP' }, because: 'the gateway draws the secret' },
    { input: null, because: 'the input is an object' },
  ],
});

export const verifyTotp = operation({
  id: 'me.totp.verify',
  method: 'POST',
  path: '/v1/me/totp/verify',
  group: 'Signed-in person',
  label: 'Verify an authenticator app',
  description:
    'Verifies the first code of an authenticator app. From then on signing in by password asks for a code. The recovery codes are shown only once.',
  surfaces: ['dashboard'],
  access: 'person',
  input: z.strictObject({ code }),
  output: z.object({
    recovery_codes: z
      .array(z.string())
      .meta({ title: 'Recovery codes', description: 'Each signs in once in place of a code of the app.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'conflict', 'rate_limited'],
  sample: { input: { code: '287082' }, output: { recovery_codes: ['01ab-cdef-ghjk-mnpq'] } },
  wrong: [
    { input: {}, because: 'it needs a code' },
    { input: { code: 287082 }, because: 'a code is text: it may begin with 0' },
  ],
});

export const removeTotp = operation({
  id: 'me.totp.remove',
  method: 'DELETE',
  path: '/v1/me/totp',
  group: 'Signed-in person',
  label: 'Remove the authenticator app',
  description: 'Removes the authenticator app and its recovery codes.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 204,
  input: z.strictObject({}),
  output: nothing,
  errors: ['forbidden', 'step_up_required', 'not_found'],
  sample: { input: {}, output: null },
  wrong: [
    { input: { code: '287082' }, because: 'it takes no fields' },
    { input: null, because: 'the input is an object' },
  ],
});

const name = z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'A name to recognise it by.' });
/** A browser's own name for a passkey: at most 1,023 bytes in base64url. */
const passkeyId = z.string().min(1).max(1_400);
const passkey = z.object({
  id: passkeyId.meta({ title: 'Id', description: 'An opaque id.' }),
  name: z.string().meta({ title: 'Name', description: 'A name to recognise it by.' }),
  synced: z
    .boolean()
    .meta({ title: 'Synced', description: 'Whether it is kept by an account and on several devices.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
  last_used_at: isoTime.nullable().meta({ title: 'Last used at', description: 'The last sign-in; null for none.' }),
});
const passkeySample = {
  id: 'pk_01k2',
  name: 'Laptop',
  synced: true,
  created_at: '2026-11-01T08:00:00.000Z',
  last_used_at: null,
};

export const listPasskeys = operation({
  id: 'me.passkeys.list',
  method: 'GET',
  path: '/v1/me/passkeys',
  group: 'Signed-in person',
  label: 'List passkeys',
  description: 'Lists the passkeys of the person who is signed in.',
  surfaces: ['dashboard'],
  access: 'person',
  input: z.strictObject({}),
  output: z.object({ data: z.array(passkey).meta({ title: 'Passkeys', description: 'The newest first.' }) }),
  errors: ['forbidden'],
  sample: { input: {}, output: { data: [passkeySample] } },
  wrong: [
    { input: { person: 'per_01k2' }, because: 'people see their own passkeys only' },
    { input: null, because: 'the input is an object' },
  ],
});

export const preparePasskey = operation({
  id: 'me.passkeys.prepare',
  method: 'POST',
  path: '/v1/me/passkeys/options',
  group: 'Signed-in person',
  label: 'Begin to add a passkey',
  description: 'Gives the options with which a browser creates a passkey. They work once, within five minutes.',
  surfaces: ['dashboard'],
  access: 'person',
  input: z.strictObject({}),
  output: browsers('Options', 'The argument of navigator.credentials.create, in JSON.'),
  errors: ['forbidden', 'step_up_required', 'conflict'],
  sample: { input: {}, output: { challenge: 'AAAA', rp: { id: 'gateway.example.com', name: 'AI Gateway' } } },
  wrong: [
    { input: { rp: 'elsewhere.example' }, because: 'it takes no fields' },
    { input: null, because: 'the input is an object' },
  ],
});

export const createPasskey = operation({
  id: 'me.passkeys.create',
  method: 'POST',
  path: '/v1/me/passkeys',
  group: 'Signed-in person',
  label: 'Add a passkey',
  description: 'Adds a passkey that a browser created with the options.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 201,
  input: z.strictObject({
    name: name.optional(),
    response: browsers('Response', 'The credential that the browser created, in JSON.'),
  }),
  output: passkey,
  errors: ['invalid_request', 'forbidden', 'step_up_required', 'conflict'],
  sample: { input: { name: 'Laptop', response: { id: 'AAAA', type: 'public-key' } }, output: passkeySample },
  wrong: [
    { input: { name: 'Laptop' }, because: 'it needs what the browser created' },
    { input: { response: 'AAAA' }, because: 'the response is an object' },
  ],
});

export const removePasskey = operation({
  id: 'me.passkeys.remove',
  method: 'DELETE',
  path: '/v1/me/passkeys/:id',
  group: 'Signed-in person',
  label: 'Remove a passkey',
  description: 'Removes a passkey: it signs nobody in from then on.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 204,
  input: z.strictObject({
    id: passkeyId.meta({
      title: 'Passkey',
      description: 'The passkey to remove.',
      'x-field': { options: 'me.passkeys.list' },
    }),
  }),
  output: nothing,
  errors: ['forbidden', 'step_up_required', 'not_found'],
  sample: { input: { id: 'pk_01k2' }, output: null },
  wrong: [
    { input: { id: '' }, because: 'an id is not empty' },
    { input: { id: 'pk_01k2', name: 'Laptop' }, because: 'unknown fields are refused' },
  ],
});
