import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface CountingRegistry {
  url: string;
  /** Bytes that came from the registry, heads and compressed bodies. */
  received(): number;
  requests(): number;
  /** The packages whose metadata or files were asked for, sorted. */
  asked(): string[];
  reset(): void;
  stop(): Promise<void>;
}

/** The npm registry, through a proxy that counts: what a client is given with `registry=…` in its .npmrc. */
export async function startCountingRegistry(upstream = 'https://registry.npmjs.org'): Promise<CountingRegistry> {
  let received = 0;
  let requests = 0;
  const asked = new Set<string>();
  const server = createServer((req, res) => {
    requests += 1;
    const path = req.url ?? '/';
    const name = packageOf(path);
    if (name !== undefined) asked.add(name);
    const { host: _ours, connection: _hop, ...headers } = req.headers;
    const outgoing = request(new URL(path, upstream), { method: req.method, headers }, (answer) => {
      received += answer.rawHeaders.reduce((bytes, text) => bytes + text.length + 2, 0);
      answer.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      // Under way, the end of either side ends the other: the client sees a broken download, and repeats it.
      answer.on('error', () => res.destroy());
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    outgoing.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    req.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received: () => received,
    requests: () => requests,
    asked: () => [...asked].sort(),
    reset: () => {
      received = 0;
      requests = 0;
      asked.clear();
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** `/name`, `/@scope%2fname`, `/name/-/name-1.0.0.tgz`; what begins with a dash is the registry's own (`/-/ping`). */
function packageOf(path: string): string | undefined {
  const [, name] = /^\/((?:@[^/]+\/)?[^/@-][^/]*)/.exec(decodeURIComponent(path.split('?')[0] ?? '')) ?? [];
  return name;
}
