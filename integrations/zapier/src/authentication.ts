import type { OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { Authentication, Bundle, ZObject } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { networkError } from './zapier-errors.ts';

const guide = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/zapier.md';

/** An address and a key. The test asks who the key is, and tells apart what can be wrong. */
export function authentication(settings: Settings): Authentication {
  return {
    type: 'custom',
    fields: [
      {
        key: 'base_url',
        label: 'Gateway URL',
        type: 'string',
        required: true,
        isNoSecret: true,
        placeholder: 'https://gateway.example.com',
        helpText: `The address of your gateway. \`/v1\` at the end is optional. Zapier must be able to reach it over the internet: [how to connect](${guide}#connect).`,
      },
      {
        key: 'api_key',
        label: 'API Key',
        type: 'password',
        required: true,
        helpText: `The gateway prints its first keys when it starts for the first time; \`POST /v1/keys\` makes more: [where keys come from](${guide}#where-keys-come-from). A key that begins with \`gw_test_\` spends no money.`,
      },
    ],
    test: (z: ZObject, bundle: Bundle) => connectionDoctor(z, bundle, settings),
    connectionLabel: '{{workspace}} at {{host}} ({{mode}} key “{{key}}”){{warning}}',
  };
}

interface Diagnosis {
  workspace: string;
  host: string;
  mode: string;
  key: string;
  /** In the label, since Zapier has no other place for it. */
  warning: string;
}

async function connectionDoctor(z: ZObject, bundle: Bundle, settings: Settings): Promise<Diagnosis> {
  const { base_url = '', api_key = '' } = bundle.authData;
  try {
    if (api_key.trim() === '')
      throw new GatewayError('invalid_api_key', 'Paste the API key of the gateway: gw_live_… or gw_test_….');
    if (!URL.canParse(base_url)) await showSigning(z, base_url);
    return diagnosis(await gatewayOf(z, bundle, settings).call('me.get', {}), base_url);
  } catch (error) {
    if (!isGatewayError(error)) throw networkError(z, error);
    throw new z.errors.Error(complaint(error, base_url), error.code, error.status);
  }
}

/**
 * Zapier reads off this test how requests are signed, with placeholders for address and key, and must see a request. An address
 * that is none, typed by a person, leads nowhere.
 */
async function showSigning(z: ZObject, baseUrl: string): Promise<void> {
  await z.request({ url: `${baseUrl}/v1/me`, skipThrowForStatus: true }).catch(() => undefined);
}

export function diagnosis(me: OutputOf<'me.get'>, baseUrl: string): Diagnosis {
  // The answer is typed, not checked: any JSON may stand at a wrong address.
  if (me?.workspace?.id === undefined || !Array.isArray(me.providers))
    throw new GatewayError('not_found', notTheGateway(baseUrl), { param: 'baseUrl' });
  if (me.providers.length === 0)
    throw new GatewayError(
      'no_provider_available',
      'The gateway is up and knows this key, but it has no provider: give it a key of OpenAI, Anthropic or Gemini.',
      { param: 'providers' },
    );
  const resting = me.providers.every(({ status }) => status === 'resting');
  const refused = me.providers.some(({ status }) => status === 'refused');
  return {
    workspace: me.workspace.name,
    host: new URL(baseUrl.trim()).host,
    mode: me.livemode ? 'live' : 'test',
    key: me.key.name,
    warning: [
      ...(isOpenToAll(baseUrl) ? [' – not encrypted: use https:// to keep the key to yourself'] : []),
      ...(resting ? [' – every provider failed recently'] : []),
      ...(refused ? [' – a provider refuses the gateway’s account'] : []),
    ].join(''),
  };
}

function complaint(error: GatewayError, baseUrl: string): string {
  // What we say ourselves names a field; every refusal of the gateway has a request id. Without either something else answered.
  if (error.param !== undefined || error.message.startsWith('Paste')) return error.message;
  if (error.requestId === undefined) return notTheGateway(baseUrl);
  return error.code === 'invalid_api_key'
    ? `The gateway answers, but it does not take this key: ${error.message}`
    : error.message;
}

function notTheGateway(baseUrl: string): string {
  return `Something answers at ${baseUrl.trim()}, but it isn't an AI Gateway. Check the gateway URL.`;
}

/** Plain http to anything but this machine, a private network, or a name without a dot: whoever is on the way could read the key. */
export function isOpenToAll(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl.trim());
  const own =
    /^(127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+|\[(::1|f[cd].*|fe80.*)\]|[^.[\]]+)$/;
  return protocol === 'http:' && !own.test(hostname);
}
