import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Elsewhere {
  url: string;
  /** The headers of every request. */
  received: IncomingHttpHeaders[];
  stop(): Promise<void>;
}

/** Something that is no gateway: what a gateway URL may lead to by mistake. */
export async function serveElsewhere(answer: {
  status: number;
  body?: string;
  type?: string;
  location?: string;
  headers?: Readonly<Record<string, string>>;
}): Promise<Elsewhere> {
  const received: IncomingHttpHeaders[] = [];
  const { status, body = '', type = 'text/html', location, headers: own } = answer;
  const server = createServer(({ headers, url }, response) => {
    received.push(headers);
    const more = location === undefined ? {} : { location: `${location}${url}` };
    response.writeHead(status, { 'content-type': type, ...more, ...own }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, stop };
}

/** A port where nothing listens. */
export async function freePort(): Promise<number> {
  const { url, stop } = await serveElsewhere({ status: 200 });
  await stop();
  return Number(new URL(url).port);
}
