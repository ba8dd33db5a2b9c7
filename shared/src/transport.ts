/*
 * How the client sends a request. Another platform's HTTP is another transport:
 *
 * ```ts
 * import { createClient } from '@ai-gateway/shared/client';
 * import type { Transport } from '@ai-gateway/shared/transport';
 *
 * const logged: Transport = async ({ method, url, headers, body }) => {
 *   const response = await fetch(url, { method, headers, body: body ?? null });
 *   console.log(method, url, response.status);
 *   return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
 * };
 * const client = createClient({ baseUrl: 'https://gateway.example.com', apiKey: 'gw_test_…', transport: logged });
 * ```
 */

interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** The caller reads the answer as it comes; a transport that cannot may give it whole. */
  readonly streamed: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface TransportAnswer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | AsyncIterable<Uint8Array | string>;
}

/**
 * The function that sends a request: `fetch` here, Zapier's `z.request` or n8n's helper there. It answers whatever the status is;
 * refusals are the client's to read.
 */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;

export const fetchTransport: Transport = async ({ method, url, headers, body, streamed, signal }) => {
  const response = await fetch(url, { method, headers, body: body ?? null, signal: signal ?? null });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body:
      streamed && response.ok && response.body !== null ? bytesOf(response.body.getReader()) : await response.text(),
  };
};

interface ByteReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** By its reader, since not every browser can iterate a stream. A reader that stops disconnects, which ends the call upstream. */
async function* bytesOf(reader: ByteReader): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value !== undefined) yield value;
    }
  } finally {
    await reader.cancel();
  }
}
