import { type Client, createClient } from '@ai-gateway/shared/client';
import { formNumber } from '@ai-gateway/shared/form-text';
import { refuseRedirect } from '@ai-gateway/shared/steps/connection-check';
import type { Transport } from '@ai-gateway/shared/transport';
import type { FunctionsBase, IHttpRequestMethods, IHttpRequestOptions, RequestHelperFunctions } from 'n8n-workflow';
import { Unreachable } from './explain-refusal.ts';
import { wireHeaders } from './tags.ts';

export const credentialName = 'aiGatewayApi';

/** The part of n8n's contexts (of an execution, a drop-down, a webhook) that a call to the gateway needs. */
export type GatewayContext = Pick<FunctionsBase, 'getCredentials'> & {
  helpers: Pick<RequestHelperFunctions, 'httpRequestWithAuthentication'>;
};

export interface GatewayOptions {
  /** Tags, for instance. */
  headers?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

/** The seconds of a form; any other value leaves the default. */
export function timeoutOf(seconds: unknown): Pick<GatewayOptions, 'timeoutMs'> {
  const given = Number(formNumber(seconds ?? ''));
  return given > 0 ? { timeoutMs: given * 1000 } : {};
}

/** The typed client, over n8n's own HTTP helper: its proxy, its credential, its restrictions. */
export async function gatewayOf(context: GatewayContext, options: GatewayOptions = {}): Promise<Client> {
  const { baseUrl } = await context.getCredentials<{ baseUrl: string }>(credentialName);
  const { headers = {}, timeoutMs = 300_000 } = options;
  return createClient({ baseUrl, headers, transport: n8nTransport(context, timeoutMs) });
}

interface FullAnswer {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

function n8nTransport(context: GatewayContext, timeout: number): Transport {
  return async ({ method, url, headers, body, signal }) => {
    const options: IHttpRequestOptions = {
      method: method as IHttpRequestMethods,
      url,
      headers: wireHeaders(headers),
      timeout,
      encoding: 'text',
      returnFullResponse: true,
      ignoreHttpStatusErrors: true,
      // A redirect would take the key to another host.
      disableFollowRedirect: true,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    };
    const answer = (await asUnreachable(
      context.helpers.httpRequestWithAuthentication.call(
        // The helper wants the whole context; which of them it is does not matter to it.
        context as ThisParameterType<RequestHelperFunctions['httpRequestWithAuthentication']>,
        credentialName,
        options,
      ),
    )) as FullAnswer;
    refuseRedirect(answer.statusCode, first(answer.headers.location), 'n8n');
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), first(value)]),
      ),
      body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? ''),
    };
  };
}

/** A request that got no answer fails as `Unreachable`; what n8n itself refuses (a credential it cannot read) stays as it is. */
export async function asUnreachable<Value>(request: Promise<Value>): Promise<Value> {
  try {
    return await request;
  } catch (error) {
    throw isErrorOfN8n(error) ? error : new Unreachable(error);
  }
}

/** By name: `instanceof` fails where n8n has another copy of its package. */
function isErrorOfN8n(error: unknown): boolean {
  return (
    error instanceof Error &&
    ['NodeOperationError', 'ExpressionError', 'UserError', 'CredentialsError'].includes(error.name)
  );
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
