import { createClient } from '@ai-gateway/shared/client';
import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { complaint, connectionText, diagnose, refuseRedirect } from '@ai-gateway/shared/steps/connection-check';
import { capitalize } from '@ai-gateway/shared/steps/wording';
import type { Transport } from '@ai-gateway/shared/transport';
import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { explainRefusal } from '../explain-refusal.ts';
import { asUnreachable } from '../gateway.ts';

/** The connection test: tells apart a wrong address, a wrong key, no network, and a gateway without a provider. */
export async function connectionDoctor(
  this: ICredentialTestFunctions,
  credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
  const { baseUrl = '', apiKey = '' } = (credential.data ?? {}) as { baseUrl?: string; apiKey?: string };
  if (apiKey.trim() === '') return failed(connectionText('no_key', { platform: 'n8n' }));
  try {
    const client = createClient({ baseUrl, apiKey, transport: testTransport(this) });
    return connected(await client.call('me.get', {}), baseUrl);
  } catch (error) {
    return failed(
      isGatewayError(error) ? complaint(error, { platform: 'n8n', url: baseUrl }) : explainRefusal(error).message,
    );
  }
}

function connected(me: OutputOf<'me.get'>, url: string): INodeCredentialTestResult {
  const warnings = diagnose(me, { platform: 'n8n', url }).map(({ text }) => `${capitalize(text)}.`);
  const who = `Connected to “${me.workspace.name}” with the ${me.livemode ? 'live' : 'test'} key “${me.key.name}”.`;
  return { status: 'OK', message: [who, ...warnings].join(' ') };
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
    refuseRedirect(answer.statusCode, answer.headers.location, 'n8n');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
    };
  };
}
