import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault, Script } from './fakes/script.ts';
import type { Fakes } from './fakes/start-fakes.ts';

/**
 * The fakes, for programs in other languages: `POST /openai/reply` with a list of scripts, `POST /openai/fault` with a list of
 * faults, `GET /openai/requests`, and `POST /reset`.
 */
export async function serveFakes(fakes: Fakes): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(async (req, res) => {
    // Each request has a connection of its own: a client that keeps one (Java's for 20 minutes) meets the moment this server closes it.
    res.setHeader('connection', 'close');
    const [, vendor = '', action = ''] = req.url?.split('/') ?? [];
    if (vendor === 'reset') fakes.reset();
    else if (vendor === 'openai' || vendor === 'anthropic' || vendor === 'gemini') {
      const fake = fakes[vendor];
      if (action === 'requests') {
        res.end(
          JSON.stringify(fake.requests.map(({ path, headers, json, aborted }) => ({ path, headers, json, aborted }))),
        );
        return;
      }
      const list = await listOf(req);
      if (action === 'reply') fake.reply(...(list as Script[]));
      else fake.fault(...(list as Fault[]));
    } else res.statusCode = 404;
    res.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function listOf(req: IncomingMessage): Promise<unknown[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown[];
}
