import type { Field } from '../fields.ts';
import type { Platform } from './platform-exceptions.ts';
import { fieldsOn, stepField } from './step-field.ts';

/*
 * The form of a connection: where the gateway is, and a key of it. Make's connection, Zapier's authentication and n8n's credential have
 * these two fields and their texts.
 *
 * ```ts
 * import { connectionForm } from '@ai-gateway/shared/steps/connection-form';
 *
 * const { address, key } = connectionForm('zapier');
 * console.log(address.label, address.help, key.label); // 'Gateway URL', 'The address of your gateway. …', 'API key'
 * ```
 */

export const connectionFields: readonly Field[] = [
  stepField({
    key: 'base_url',
    label: 'Gateway URL',
    required: true,
    placeholder: 'https://gateway.example.com',
    help: 'The address of your gateway. `/v1` at the end is optional. {platform} must be able to reach it over the internet. Use https, so that nobody on the way can read the key.',
  }),
  stepField({
    key: 'api_key',
    label: 'API key',
    required: true,
    placeholder: 'gw_live_…',
    help: 'The gateway prints its first keys when it starts for the first time; `POST /v1/keys` makes more. A key that begins with `gw_test_` spends no money: build with it first.',
  }),
];

/** The two fields with the texts and keys of one platform. */
export function connectionForm(platform: Platform): { address: Field; key: Field } {
  const [address, key] = fieldsOn(platform, connectionFields, 'connection.');
  if (address === undefined || key === undefined) throw new Error(`${platform} lacks a field of the connection`);
  return { address, key };
}
