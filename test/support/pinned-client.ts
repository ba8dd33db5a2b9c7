import { Agent, request } from 'node:http';

export interface PinnedAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A client that keeps one connection, and so is answered by one worker for as long as that lives. */
export interface PinnedClient {
  ask(
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; method?: string },
  ): Promise<PinnedAnswer>;
  close(): void;
}

export function pinnedClient(url: string, key: string): PinnedClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: (path, { body, headers = {}, method = body === undefined ? 'GET' : 'POST' } = {}) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const req = request(
          `${url}${path}`,
          {
            method,
            agent,
            headers: {
              authorization: `Bearer ${key}`,
              ...(text === undefined
                ? {}
                : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
              ...headers,
            },
          },
          (res) => {
            const parts: Buffer[] = [];
            res.on('data', (part: Buffer) => parts.push(part));
            res.on('error', reject);
            res.on('end', () =>
              resolve({
                status: res.statusCode ?? 0,
                headers: res.headers,
                text: Buffer.concat(parts).toString('utf8'),
              }),
            );
          },
        );
        req.on('error', reject);
        req.end(text);
      }),
    close: () => agent.destroy(),
  };
}
