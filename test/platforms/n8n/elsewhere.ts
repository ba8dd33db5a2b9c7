import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Elsewhere {
  url: string;
  /** The headers of every request. */
  heard: IncomingHttpHeaders[];
  stop(): void;
}

/** Something that is no gateway: what a base URL may lead to by mistake. */
export async function serveElsewhere(answer: { status: number; body?: string; location?: string }): Promise<Elsewhere> {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer(({ headers, url }, response) => {
    heard.push(headers);
    const { status, body = '', location } = answer;
    response.writeHead(status, location === undefined ? {} : { location: `${location}${url}` }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, heard, stop: () => server.close() };
}

/** A port where nothing listens. */
export async function freePort(): Promise<number> {
  const { url, stop } = await serveElsewhere({ status: 200 });
  stop();
  return Number(new URL(url).port);
}
