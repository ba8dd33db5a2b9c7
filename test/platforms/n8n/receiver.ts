import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Delivery {
  headers: Record<string, string>;
  body: string;
}

export interface Receiver {
  /** An address nobody has had before. */
  newUrl(): string;
  /** The next delivery to an address, waited for. */
  next(url: string): Promise<Delivery>;
  stop(): Promise<void>;
}

/** Where n8n would listen for events. */
export async function startReceiver(): Promise<Receiver> {
  const waiting = new Map<string, ((delivery: Delivery) => void)[]>();
  const arrived = new Map<string, Delivery[]>();
  const server = createServer(async (request, response) => {
    const delivery = { headers: request.headers as Record<string, string>, body: await text(request) };
    const path = request.url ?? '';
    const taker = waiting.get(path)?.shift();
    if (taker === undefined) arrived.set(path, [...(arrived.get(path) ?? []), delivery]);
    else taker(delivery);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let count = 0;
  return {
    newUrl: () => `${root}/webhook/${++count}/webhook`,
    next(url) {
      const path = new URL(url).pathname;
      const early = arrived.get(path)?.shift();
      if (early !== undefined) return Promise.resolve(early);
      return new Promise((resolve) => waiting.set(path, [...(waiting.get(path) ?? []), resolve]));
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
