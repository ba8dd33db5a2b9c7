import type { OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { complaint, connectionText, diagnose } from '@ai-gateway/shared/steps/connection-check';
import { connectionForm } from '@ai-gateway/shared/steps/connection-form';
import type { Authentication, Bundle, ZObject } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { titleCase } from './wording.ts';
import { networkError } from './zapier-errors.ts';

const { address, key } = connectionForm('zapier');
const guide = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/zapier.md';

/** An address and a key. The test asks who the key is, and tells apart what can be wrong. */
export function authentication(settings: Settings): Authentication {
  return {
    type: 'custom',
    fields: [
      {
        key: address.key,
        label: titleCase(address.label),
        type: 'string',
        required: true,
        isNoSecret: true,
        placeholder: address.placeholder ?? '',
        helpText: `${address.help} [How to connect](${guide}#connect).`,
      },
      {
        key: key.key,
        label: titleCase(key.label),
        type: 'password',
        required: true,
        helpText: `${key.help} [Where keys come from](${guide}#where-keys-come-from).`,
      },
    ],
    test: (z: ZObject, bundle: Bundle) => connectionDoctor(z, bundle, settings),
    connectionLabel: '{{workspace}} at {{host}} ({{mode}} key “{{key}}”){{warning}}',
  };
}

interface Connected {
  workspace: string;
  host: string;
  mode: string;
  key: string;
  /** In the label, since Zapier has no other place for it. */
  warning: string;
}

async function connectionDoctor(z: ZObject, bundle: Bundle, settings: Settings): Promise<Connected> {
  const { base_url: url = '', api_key: key = '' } = bundle.authData;
  try {
    if (key.trim() === '')
      throw new GatewayError('invalid_api_key', connectionText('no_key', { platform: 'zapier' }), { param: 'apiKey' });
    if (!URL.canParse(url)) await showSigning(z, url);
    return connected(await gatewayOf(z, bundle, settings).call('me.get', {}), url);
  } catch (error) {
    if (!isGatewayError(error)) throw networkError(z, error);
    throw new z.errors.Error(complaint(error, { platform: 'zapier', url }), error.code, error.status);
  }
}

/**
 * Zapier reads off this test how requests are signed, with placeholders for address and key, and must see a request. An address
 * that is none, typed by a person, leads nowhere.
 */
async function showSigning(z: ZObject, baseUrl: string): Promise<void> {
  await z.request({ url: `${baseUrl}/v1/me`, skipThrowForStatus: true }).catch(() => undefined);
}

export function connected(me: OutputOf<'me.get'>, url: string): Connected {
  const warnings = diagnose(me, { platform: 'zapier', url });
  return {
    workspace: me.workspace.name,
    host: new URL(url.trim()).host,
    mode: me.livemode ? 'live' : 'test',
    key: me.key.name,
    warning: warnings.map(({ text }) => ` – ${text}`).join(''),
  };
}
