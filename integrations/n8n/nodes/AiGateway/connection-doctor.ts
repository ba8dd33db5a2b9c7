import { createClient } from '@ai-gateway/shared/client';
import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Transport } from '@ai-gateway/shared/transport';
import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { explainRefusal } from '../explain-refusal.ts';
import { asUnreachable } from '../gateway.ts';
import { isOpenToAll } from '../open-address.ts';
import { refuseRedirect } from '../redirect.ts';

/** The connection test: tells apart a wrong address, a wrong key, no network, and a gateway without a provider. */
export async function connectionDoctor(
  this: ICredentialTestFunctions,
  credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
  const { baseUrl = '', apiKey = '' } = (credential.data ?? {}) as { baseUrl?: string; apiKey?: string };
  if (apiKey.trim() === '') return failed('Paste the API key of the gateway: gw_live_… or gw_test_….');
  try {
    const client = createClient({ baseUrl, apiKey, transport: testTransport(this) });
    return diagnosis(await client.call('me.get', {}), baseUrl);
  } catch (error) {
    return failed(complaint(error, baseUrl));
  }
}

function diagnosis(me: OutputOf<'me.get'>, baseUrl: string): INodeCredentialTestResult {
  // The answer is typed, not checked: any JSON may stand at a wrong address.
  if (me?.workspace?.id === undefined || !Array.isArray(me.providers)) return failed(notTheGateway(baseUrl));
  if (me.providers.length === 0)
    return failed(
      'The gateway is up and knows this key, but it has no provider: give it a key of OpenAI, Anthropic or Gemini.',
    );
  const who = `Connected to “${me.workspace.name}” with the ${me.livemode ? 'live' : 'test'} key “${me.key.name}”.`;
  const resting = me.providers.every(({ status }) => status === 'resting');
  const refused = me.providers.filter(({ status }) => status === 'refused').map(({ id }) => id);
  return {
    status: 'OK',
    message: [
      who,
      ...(refused.length > 0
        ? [`${refused.join(', ')} refused the gateway's account: its operator has to check the key and the credit.`]
        : []),
      ...(resting ? ['Every provider failed recently and is cooling down: calls may be refused for a while.'] : []),
      ...(isOpenToAll(baseUrl) ? ['The address is not encrypted: use https:// to keep the key to yourself.'] : []),
    ].join(' '),
  };
}

function complaint(error: unknown, baseUrl: string): string {
  if (!isGatewayError(error)) return explainRefusal(error).message;
  // Every refusal of the gateway has a request id; without one something else stands at that address.
  if (error.requestId === undefined && error.param !== 'baseUrl') return notTheGateway(baseUrl);
  return error.code === 'invalid_api_key'
    ? `The gateway answers, but it does not take this key: ${error.message}`
    : error.message;
}

function notTheGateway(baseUrl: string): string {
  return `Something answers at ${baseUrl.trim()}, but it isn't an AI Gateway. Check the base URL.`;
}

function failed(message: string): INodeCredentialTestResult {
  return { status: 'Error', message };
}

/** A connection test has only n8n's older helper, with the options of `request`. */
function testTransport({ helpers }: ICredentialTestFunctions): Transport {
  return async ({ method, url, headers }) => {
    const asked = helpers.request({
      method,
      uri: url,
      headers,
      timeout: 15_000,
      followRedirect: false,
      simple: false,
      resolveWithFullResponse: true,
    });
    const answer = (await asUnreachable(asked)) as {
      statusCode: number;
      headers: Record<string, string | undefined>;
      body: unknown;
    };
    refuseRedirect(answer.statusCode, answer.headers.location);
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
    };
  };
}
