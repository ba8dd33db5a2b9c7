import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  headers: IncomingHttpHeaders;
  /** The raw body: signatures are over its bytes. */
  body: string;
  atMs: number;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** Its answer from now on; `hang` gives none. */
  answer: number | 'hang' | 'flood';
  headers: Record<string, string>;
  /** Resolves with so many deliveries, or rejects. */
  waitFor(count: number, timeoutMs?: number): Promise<Received[]>;
  stop(): Promise<void>;
}

/** A real server that takes webhooks. */
export async function startReceiver(): Promise<Receiver> {
  let server: Server;
  const receiver: Receiver = {
    url: '',
    received: [],
    answer: 200,
    headers: {},
    waitFor: async (count, timeoutMs = 5_000) => {
      for (const until = Date.now() + timeoutMs; receiver.received.length < count; ) {
        if (Date.now() > until)
          throw new Error(`${receiver.received.length} deliveries came within ${timeoutMs} ms, not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return receiver.received;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    req.on('end', () => {
      receiver.received.push({ headers: req.headers, body, atMs: Date.now() });
      if (receiver.answer === 'hang') return;
      if (receiver.answer === 'flood') {
        res.writeHead(200);
        const piece = Buffer.alloc(1024 * 1024);
        const pour = (): void => {
          while (!res.destroyed && res.write(piece));
          if (!res.destroyed) res.once('drain', pour);
        };
        pour();
        return;
      }
      res.writeHead(receiver.answer, receiver.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}
