import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { startGateway } from '../../gateway/src/start-gateway.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { startFakes } from '../support/fakes/start-fakes.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

let server: Server;
let reached: string[] = [];
beforeEach(async () => {
  reached = [];
  server = createServer((req, res) => {
    reached.push(req.url ?? '');
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('private addresses that were stored while they were allowed', () => {
  it('are not reached once ALLOW_PRIVATE_NETWORK is off', async () => {
    const [fakes, database] = [await startFakes(), await createTestDatabase()];
    const env = { ...gatewayEnv(fakes, database.url, dataFolder('private')), GATEWAY_SECRET: 'ab'.repeat(32) };
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const start = async (allowed: string) => {
      const gateway = await startGateway(readConfig({ ...env, ALLOW_PRIVATE_NETWORK: allowed }));
      const send = (method: string, path: string, body?: object, headers = {}): Promise<Response> =>
        fetch(gateway.url + path, {
          method,
          headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      return { gateway, send };
    };
    const before = await start('true');
    const { send } = before;
    const models = [{ id: 'm', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }];
    const provider = { name: 'near', kind: 'openai-compatible', base_url: `${url}/provider`, api_key: 'k', models };
    await json(send('POST', '/v1/providers', provider), 201);
    await json(send('POST', '/v1/connections', { platform: 'n8n', base_url: `${url}/n8n`, token: 't' }), 201);
    const webhook = { url: `${url}/webhook`, events: ['scenario.paused'] };
    const { id } = await json<{ id: string }>(send('POST', '/v1/webhooks', webhook), 201);
    await send('POST', chat, hello({ model: 'near/m' }));
    expect(reached).toEqual(['/provider/chat/completions']);
    await before.gateway.stop();
    reached = [];

    const after = await start('false');
    expect((await after.send('POST', chat, hello({ model: 'near/m' }))).status).toBeGreaterThanOrEqual(500);
    await json(after.send('POST', '/v1/scenarios/s/pause', {}));
    const delivery = await json<{ tries: { status: null }[] }>(after.send('POST', `/v1/webhooks/${id}/test`, {}));
    expect(delivery.tries).toMatchObject([{ status: null }]);
    await eventually(async () => {
      const { data } = await json<{ data: { source_stop: { ok: boolean } | null }[] }>(
        after.send('GET', '/v1/scenarios'),
      );
      expect(data[0]?.source_stop).toMatchObject({ ok: false });
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(reached).toEqual([]);
    await after.gateway.stop();
    await fakes.stop();
    await database.drop();
  }, 60_000);
});
