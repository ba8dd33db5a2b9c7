import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningConnection } from '../../gateway/src/db/embedded-postgres.ts';
import type { RunningGateway } from '../../gateway/src/start-gateway.ts';
import { dataFolder } from '../support/data-folder.ts';
import type { Fakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { type GatewayOnOwnPostgres, startOnOwnPostgres } from '../support/own-postgres.ts';
import { liveKey, testKey } from '../support/start-gateway.ts';

let own: GatewayOnOwnPostgres;
let gateway: RunningGateway;
let fakes: Fakes;

beforeAll(async () => {
  own = await startOnOwnPostgres();
  ({ gateway, fakes } = own);
});
afterAll(() => own.stop());

const call = (more: object = {}, client = 'acme'): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': client },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], ...more }),
  });

async function records(client: string): Promise<{ status: string; input: number; output: number }[]> {
  const { rows } = await gateway.services.db.query(
    'select status, input_tokens::int as input, output_tokens::int as output from calls where client_id = $1',
    [client],
  );
  return rows as { status: string; input: number; output: number }[];
}

describe('while the database is away', () => {
  it('no call is admitted unrecorded, no running call is called finished, and afterwards none is missing', {
    timeout: 60_000,
  }, async () => {
    expect((await call()).status).toBe(200);

    // A stream is under way when the database dies.
    fakes.openai.reply({ text: 'one two three four', chunks: 4, chunkDelayMs: 150, usage: { input: 12, output: 34 } });
    const stream = await call({ stream: true }, 'caught');
    process.kill(own.postgres.pid, 'SIGKILL');
    await own.postgres.stop();
    const sent = await stream.text();
    expect(sent).not.toContain('[DONE]');
    expect(sent).toContain('"code":"service_unavailable"');

    const asked = fakes.openai.requests.length;
    const refused = await call({}, 'refused');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ error: { code: 'service_unavailable' } });
    expect(fakes.openai.requests).toHaveLength(asked);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);

    await own.restart();
    await expect.poll(async () => (await call({}, 'back')).status, { timeout: 15_000 }).toBe(200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    // The provider's own figures of the stream that was caught are on record, exactly.
    expect(await records('caught')).toMatchObject([{ input: 12, output: 34 }]);
    expect(await records('refused')).toEqual([]);
    expect((await records('back')).length).toBeGreaterThan(0);
  });
});

describe('the embedded Postgres, killed as by a machine short of memory', () => {
  const dataDir = dataFolder('killed-postgres');
  const env = { PORT: '0', DATA_DIR: dataDir, GATEWAY_BOOTSTRAP_KEY: liveKey, GATEWAY_BOOTSTRAP_TEST_KEY: testKey };
  const ask = ({ url }: GatewayProcess): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] }),
    });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is back within five seconds with all its data, every time', { timeout: 60_000 }, async () => {
    const process_ = await spawnGateway(env);
    const lock = join(runningConnection(dataDir)?.host ?? '', '.s.PGSQL.5432.lock');
    for (let kills = 1; kills <= 2; kills++) {
      expect((await ask(process_)).status).toBe(200);
      process.kill(Number(readFileSync(lock, 'utf8').split('\n')[0]), 'SIGKILL');
      await expect.poll(() => process_.output().split('it is being restarted').length - 1).toBe(kills);
      await expect.poll(async () => (await ask(process_)).status, { timeout: 5_000 }).toBe(200);
    }
    const usage = await fetch(`${process_.url}/v1/usage/clients`, { headers: { authorization: `Bearer ${testKey}` } });
    expect(((await usage.json()) as { totals: { requests: number } }).totals.requests).toBeGreaterThanOrEqual(4);
    expect(await process_.kill('SIGTERM')).toBe(0);
  });
});
