import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refuseUnreadable } from './refuse-unreadable.ts';

/** A server with shorter limits than the gateway's, which notes the requests that it has read to their end. */
let server: Server;
let socket: Socket;
let read: string[];

beforeEach(async () => {
  read = [];
  server = createServer({ requestTimeout: 300, headersTimeout: 200, connectionsCheckingInterval: 50 }, (req, res) => {
    req.resume().on('end', () => {
      read.push(req.url ?? '');
      // Answers nobody: another request may come meanwhile.
      if (req.url !== '/slow') res.end('read');
    });
  });
  refuseUnreadable(server, Date.now);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
});
afterEach(() => {
  socket.destroy();
  server.close();
});

const closed = (): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));
const firstData = (): Promise<string> => new Promise((resolve) => socket.once('data', resolve));
const head = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n`;

it('a body that does not arrive in time is refused, and is not read when it arrives after all', async () => {
  socket.write(`${head('/v1/messages')}ab`);
  const text = await firstData();
  expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(text).toMatch(/^x-should-retry: true$/m);
  expect(text).toContain('The request did not arrive in time. Send it again.');
  // Anthropic's shape.
  expect(text).toContain('"type":"error"');
  socket.write(`cd${head('/again')}abcd`);
  await closed();
  expect(read).toEqual([]);
});

it('a head that does not arrive in time is refused', async () => {
  socket.write('GET / HTTP/1.1\r\nHost');
  expect(await firstData()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
});

it('what cannot be read behind a request that waits for its answer answers nothing in its place', async () => {
  let text = '';
  socket.on('data', (piece: string) => {
    text += piece;
  });
  socket.write(`${head('/slow')}abcdnonsense\r\n\r\n`);
  await closed();
  expect([text, read]).toEqual(['', ['/slow']]);
});
