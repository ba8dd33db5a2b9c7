import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { chat, eventually, json } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

let fakes: Fakes;
let database: TestDatabase;
const dataDir = dataFolder('killed-second-answer');

beforeAll(async () => {
  [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
});
afterAll(async () => {
  await fakes.stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Row {
  status: string;
  model: string | null;
  shadow_of: string | null;
  cost_nanos: string;
  hold_nanos: string;
}

const asked = {
  model: 'auto',
  messages: [
    { role: 'system', content: 'Classify the e-mail as spam or ham. Answer with one word.' },
    { role: 'user', content: 'Win a prize now' },
  ],
};

async function send({ url }: GatewayProcess, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

it('kill -9 in the middle of a second answer: the customer pays once, nothing is asked again, and the ledger is clean', {
  timeout: 120_000,
}, async () => {
  const env = { ...gatewayEnv(fakes, database.url, dataDir), ANSWER_TIMEOUT_MS: '60000' };
  const first = await spawnGateway(env);
  const budget = await json<{ id: string }>(
    await send(first, 'POST', '/v1/budgets', { name: 'All', limit_usd: 100 }),
    201,
  );
  await json(
    await send(first, 'PUT', '/v1/routing/auto', {
      pool: [
        { model: 'gpt-6-luna', class: 'small' },
        { model: 'gpt-6-sol', class: 'strong' },
      ],
      learning: { enabled: true, sample_percent: 100 },
    }),
  );
  fakes.openai.reply({ text: 'spam', usage: { input: 20, output: 2 } });
  const answer = await send(first, 'POST', chat, asked);
  expect(answer.status).toBe(200);
  const cost = Number(answer.headers.get('x-gateway-cost-usd'));
  await answer.text();
  // The second one is under way, and its provider thinks.
  fakes.openai.always({ kind: 'hang' });
  await eventually(() => expect(fakes.openai.requests).toHaveLength(2), 60_000);
  // Its row may be written some milliseconds after its request has gone out.
  await eventually(async () => {
    const { rows } = await database.pool.query('select status from calls order by created_at, id');
    expect(rows).toEqual([{ status: 'succeeded' }, { status: 'open' }]);
  }, 60_000);
  expect(await first.kill('SIGKILL')).toBe('SIGKILL');
  fakes.reset();

  const second = await spawnGateway(env);
  const rows = await eventually(async () => {
    const { rows: found } = await database.pool.query(
      'select status, model, shadow_of, cost_nanos, hold_nanos from calls order by created_at, id',
    );
    expect((found as Row[]).map(({ status }) => status)).toEqual(['succeeded', 'interrupted']);
    return found as Row[];
  }, 60_000);
  const [own, other] = rows;
  expect(own?.shadow_of).toBeNull();
  expect(other?.shadow_of).toMatch(/^req_/);
  // Nobody knows what the provider bills: the most it can be, on the budget for learning.
  expect(BigInt(other?.cost_nanos ?? 0)).toBe(BigInt(other?.hold_nanos ?? -1));
  const { rows: days } = await database.pool.query('select spent_nanos, calls from shadow_days');
  expect(days).toEqual([{ spent_nanos: BigInt(other?.cost_nanos ?? 0), calls: 1 }]);
  await eventually(async () => {
    const { spent_usd: spent } = await json<{ spent_usd: number }>(
      await send(second, 'GET', `/v1/budgets/${budget.id}`),
    );
    expect(spent).toBeCloseTo(cost, 9);
    expect(await verifyLedger(database.pool, () => {})).toBe(true);
  }, 60_000);
  // One more call is compared as ever, and the lost pair is not made up for.
  fakes.openai.usually({ text: 'spam' });
  await json(await send(second, 'POST', chat, asked));
  await eventually(async () => {
    const { rows: claims } = await database.pool.query('select pairs, agreed from task_claims');
    expect(claims).toEqual([{ pairs: 1, agreed: 1 }]);
  }, 60_000);
  expect(fakes.openai.requests).toHaveLength(2);
  expect(await second.kill('SIGTERM')).toBe(0);
  expect(await verifyLedger(database.pool, () => {})).toBe(true);
});
