import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket, Server as SocketServer } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { cannotListen, type OpenPort, openPort } from './open-port.ts';

const host = '127.0.0.1';
const toClose: OpenPort[] = [];
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(toClose.splice(0).map((port) => port.close()));
});

async function open(server: Server, port = 0): Promise<number> {
  const opened = await openPort(server, { port, host });
  toClose.push(opened);
  return opened.port;
}

function client(port: number): Socket {
  const socket = connect({ port, host });
  clients.push(socket);
  socket.on('error', () => {});
  return socket;
}

it.runIf(process.platform === 'linux')(
  'people who come at once do not wait for a turn of the event loop each',
  async () => {
    const server = createServer();
    const port = await open(server);
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      counting = setImmediate(turn);
    };
    let counting = setImmediate(turn);
    let taken = 0;
    await new Promise<void>((resolve) => {
      server.on('connection', () => {
        taken += 1;
        if (taken === 1) turns = 0;
        if (taken === 128) resolve();
      });
      for (let i = 0; i < 128; i++) client(port);
    });
    clearImmediate(counting);
    expect(turns).toBeLessThan(64);
  },
);

it('every connection is answered, whichever socket took it', async () => {
  const port = await open(createServer((req, res) => res.end(`you asked for ${req.url}`)));
  const answers = Array.from({ length: 64 }, async (_, i) => {
    const socket = client(port).setEncoding('utf8');
    socket.end(`GET /${i} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const part of socket) text += part;
    return text.split('\r\n\r\n')[1];
  });
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 64 }, (_, i) => `you asked for /${i}`));
});

it('a port that another gateway has is refused, and so is one that anybody else has', async () => {
  const port = await open(createServer());
  await expect(openPort(createServer(), { port, host })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const other = createServer().listen(0, host);
  await once(other, 'listening');
  const { port: taken } = other.address() as { port: number };
  await expect(openPort(createServer(), { port: taken, host })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  other.close();
});

it('a kernel that shares no port gives the one socket it can give', async () => {
  const listen = SocketServer.prototype.listen;
  const spy = vi.spyOn(SocketServer.prototype, 'listen').mockImplementation(function (this: SocketServer, ...args) {
    const [options] = args as unknown as [{ reusePort?: boolean }];
    if (options.reusePort !== true) return Reflect.apply(listen, this, args) as SocketServer;
    process.nextTick(() => this.emit('error', Object.assign(new Error('not supported'), { code: 'ENOTSUP' })));
    return this;
  });
  const port = await open(createServer((_req, res) => res.end('here')));
  spy.mockRestore();
  const answer = await fetch(`http://${host}:${port}`, { headers: { connection: 'close' } });
  expect(await answer.text()).toBe('here');
});

it('a closed port takes nobody any more, and waits for those it has, whichever socket took them', async () => {
  const answers: (() => void)[] = [];
  const server = createServer((_req, res) =>
    answers.push(() => res.writeHead(200, { connection: 'close' }).end('done')),
  );
  const opened = await openPort(server, { port: 0, host });
  const asked = Array.from({ length: 32 }, () => fetch(`http://${host}:${opened.port}`));
  while (answers.length < asked.length) await new Promise((resolve) => setTimeout(resolve, 5));
  let isClosed = false;
  const closing = opened.close().then(() => {
    isClosed = true;
  });
  for (let i = 0; i < 32; i++) {
    const socket = client(opened.port);
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  for (const answer of answers.slice(1)) answer();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isClosed).toBe(false);
  answers[0]?.();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
  await closing;
});

it('an address that this machine does not have, and a port that it may not open, are refused by the name of the variable', async () => {
  const refusal = (where: { port: number; host: string }): Promise<OpenPort> =>
    openPort(createServer(), where).catch(cannotListen(where));
  const { port: taken } = await openPort(createServer(), { port: 0, host }).then((opened) => {
    toClose.push(opened);
    return opened;
  });
  await expect(refusal({ port: taken, host })).rejects.toThrow(`Port ${taken} is taken.`);
  // Of RFC 5737: no machine has it.
  await expect(refusal({ port: 0, host: '192.0.2.1' })).rejects.toThrow('HOST is 192.0.2.1, which is not an address');
  await expect(refusal({ port: 0, host: 'nowhere.invalid' })).rejects.toThrow('HOST is nowhere.invalid');
  expect(() => cannotListen({ port: 80, host })(Object.assign(new Error('x'), { code: 'EACCES' }))).toThrow(
    'This user may not listen on port 80. Set PORT to 1024 or more',
  );
});
