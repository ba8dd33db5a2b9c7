import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { responseSink } from './send-stream.ts';

/** Writes to a reader that takes nothing until its socket is full, and waits for it. Was it let go of? */
async function isLetGo(patienceMs: number, read: (drain: () => void) => Promise<void>): Promise<boolean> {
  let answered: (res: ServerResponse) => void = () => {};
  const answer = new Promise<ServerResponse>((resolve) => {
    answered = resolve;
  });
  const server = createServer((_req, res) => answered(res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  socket.pause();
  const res = await answer;
  res.on('error', () => {});
  const sink = responseSink(res, { patienceMs });
  res.writeHead(200);
  // More than the sockets between them hold.
  expect(sink.write(Buffer.alloc(64 * 1024 * 1024))).toBe(false);
  const drained = new Promise<void>((resolve) => sink.drained(resolve));
  await read(() => socket.resume());
  await drained;
  const { destroyed } = res;
  socket.destroy();
  server.close();
  return destroyed;
}

it('a reader that takes nothing is let go of', async () => {
  expect(await isLetGo(100, async () => {})).toBe(true);
});

it('a reader that is slow is waited for', async () => {
  const slow = (drain: () => void): Promise<void> =>
    new Promise((resolve) =>
      setTimeout(() => {
        drain();
        resolve();
      }, 150),
    );
  expect(await isLetGo(5_000, slow)).toBe(false);
});
