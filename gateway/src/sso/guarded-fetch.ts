import type { HttpPools } from '../http-pools/http-pools.ts';

const answerMs = 10_000;
/** Metadata, keys and tokens are small. */
const bytesMax = 1024 * 1024;

/** As `fetch`, through the guard for addresses that others name: never to a private one, never along a redirect. */
export function guardedFetch(httpPools: HttpPools) {
  return async (
    url: string,
    options: { body?: unknown; headers?: Record<string, string>; method?: string; signal?: AbortSignal | undefined },
  ): Promise<Response> => {
    const { origin, pathname, search } = new URL(url);
    const timeout = AbortSignal.timeout(answerMs);
    const { statusCode, headers, body } = await httpPools.pool(origin, false).request({
      path: pathname + search,
      method: options.method === 'POST' ? 'POST' : 'GET',
      headers: options.headers ?? {},
      body: options.body === undefined || options.body === null ? null : String(options.body),
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax) throw new Error(`the answer of ${origin} is over ${bytesMax} bytes`);
      chunks.push(chunk);
    }
    const type = headers['content-type'];
    return new Response(size === 0 ? null : Buffer.concat(chunks), {
      status: statusCode,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  };
}
