import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { answerWhileStarting } from './serve-starting.ts';

it('a gateway that is starting is alive, and asks its callers in their own dialect to come back', async () => {
  const log = pino({ level: 'silent' });
  const server = createServer(answerWhileStarting({ installation: 'abc', now: Date.now, log })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  const chat = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{}' });
  expect([chat.status, chat.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await chat.json()).toMatchObject({ error: { code: 'service_unavailable', type: 'server_error' } });
  const message = await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' });
  expect(await message.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
  server.closeAllConnections();
  server.close();
});
