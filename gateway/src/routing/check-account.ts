import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import type { ProviderFailure } from '../providers/adapter.ts';
import { providerOf } from '../providers/providers.ts';

/** A provider's answer to a key. */
export type AccountCheck =
  | { kind: 'works' }
  /** In the vendor's words, without the key. */
  | { kind: 'refused'; status: number; message: string; refusal: NonNullable<ProviderFailure['refusal']> }
  /** It could not be asked, or its answer says nothing about the key. */
  | { kind: 'unknown'; message: string };

const answerBytesMax = 65_536;
const checkMs = 10_000;

/** Tries an account's key by a list of models, at the account's own base URL: costs nothing, asks no model. */
export async function checkAccount(
  httpPools: HttpPools,
  account: Pick<ProviderAccount, 'kind' | 'baseUrl' | 'apiKey' | 'operators'>,
): Promise<AccountCheck> {
  const { modelsRequest, adapter } = providerOf(account.kind);
  const { url, headers } = modelsRequest(account);
  const { origin, pathname, search } = new URL(url);
  try {
    const { statusCode: status, body } = await httpPools.pool(origin, account.operators).request({
      method: 'GET',
      path: pathname + search,
      headers,
      signal: AbortSignal.timeout(checkMs),
    });
    const text = await textOf(body);
    if (status < 400) return { kind: 'works' };
    const failure = adapter.error(status, text);
    const message = failure.message.replaceAll(account.apiKey, '[key]');
    // A restricted key may call models and not list them (OpenAI: "Missing scopes: api.model.read").
    const maySuffice = status === 403 && /scope|permission/i.test(message) && failure.refusal?.reason === 'access';
    return failure.kind === 'account' && failure.refusal !== undefined && !failure.refusal.ofModel && !maySuffice
      ? { kind: 'refused', status, message, refusal: failure.refusal }
      : { kind: 'unknown', message };
  } catch (error) {
    return { kind: 'unknown', message: error instanceof Error ? error.message : String(error) };
  }
}

/** A list of models may be long; its head is enough. */
async function textOf(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > answerBytesMax) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
