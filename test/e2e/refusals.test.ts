import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

interface Refusal {
  hour: string;
  code: string;
  count: number;
  message: string | null;
  client_id: string | null;
  scenario_id: string | null;
  key_id: string;
  budget_id: string | null;
  request_ids: string[];
}

let gateway: TestGateway;
let acmeKey: string;
let acmeCaller: string;
let budgetId: string;

const ask = (headers: Record<string, string>, more: object = {}) => gateway.post(chat, hello(more), headers);

async function refusals(query = '', headers: Record<string, string> = {}): Promise<Refusal[]> {
  return (await json<{ data: Refusal[] }>(gateway.get(`/v1/refusals${query}`, headers))).data;
}

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 50 }));
  const budget = await json<{ id: string }>(
    gateway.post('/v1/budgets', { name: 'Acme', limit_usd: 0.000001, scope: { client_id: 'acme' } }),
    201,
  );
  budgetId = budget.id;
  const made = await json<{ key: string }>(
    gateway.post('/v1/keys', { name: 'acme', role: 'viewer', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
    201,
  );
  acmeKey = made.key;
  acmeCaller = (
    await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'acme calls', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
      201,
    )
  ).key;
});
afterAll(() => gateway.stop());

describe('a refused call', () => {
  it('is on record with its code, tags, key and budget', async () => {
    const answer = await ask({ 'x-client-id': 'acme', 'x-scenario-id': '42' });
    expect(answer.status).toBe(402);
    const id = answer.headers.get('x-request-id');
    const { error } = (await answer.json()) as { error: { message: string } };
    await eventually(async () =>
      expect(await refusals()).toMatchObject([
        {
          code: 'budget_exceeded',
          count: 1,
          message: error.message,
          client_id: 'acme',
          scenario_id: '42',
          budget_id: budgetId,
          request_ids: [id],
        },
      ]),
    );
    const [row] = await refusals();
    expect(row?.hour).toMatch(/:00:00\.000Z$/);
    expect(row?.key_id).toMatch(/^key_/);
  });

  it('is on record too for an unknown model, and is not a call; a broken body is neither', async () => {
    expect((await ask({ 'x-client-id': 'globex' }, { model: 'nobody-knows-it' })).status).toBe(404);
    expect((await ask({ 'x-client-id': 'globex' }, { messages: 'none' })).status).toBe(400);
    expect((await refusals('?client_id=globex')).map(({ code }) => code)).toEqual(['model_not_found']);
    expect((await json<{ data: unknown[] }>(gateway.get('/v1/usage/requests'))).data).toEqual([]);
  });

  it('does not hold up the others where its model has characters that no database takes', async () => {
    for (const model of ['\u0000', `${'x'.repeat(199)}😀`, '\ud800'])
      expect((await ask({ 'x-client-id': 'odd' }, { model })).status).toBeGreaterThanOrEqual(400);
    expect((await ask({ 'x-client-id': 'odd' }, { model: 'nobody-knows-it' })).status).toBe(404);
    expect((await refusals('?client_id=odd')).map(({ code }) => code)).toContain('model_not_found');
    expect(gateway.logs.join('')).not.toContain('could not be written down');
  });

  it('belongs to the client of its key where it claims the tag of another client', async () => {
    expect((await ask({ authorization: `Bearer ${acmeCaller}`, 'x-client-id': 'globex' })).status).toBe(403);
    const kept = await refusals('?code=tag_forbidden');
    expect(kept).toMatchObject([{ client_id: 'acme', count: 1 }]);
    expect(JSON.stringify(kept)).not.toContain('globex');
  });

  it('is not on record with a wrong key, which belongs to no workspace', async () => {
    expect((await ask({ authorization: 'Bearer gw_live_nobody' })).status).toBe(401);
    expect((await refusals('?code=invalid_api_key')).length).toBe(0);
  });

  it('is not made by a provider’s failure, which is a call', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 400 });
    await ask({ 'x-client-id': 'failing', 'x-gateway-fallback': 'none' });
    await eventually(async () =>
      expect((await json<{ data: unknown[] }>(gateway.get('/v1/usage/requests?client_id=failing'))).data).toHaveLength(
        1,
      ),
    );
    expect(await refusals('?client_id=failing')).toEqual([]);
  });
});

describe('a loop of refused calls', () => {
  it('is one row with its count and the last twenty request ids, the newest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 45; n++)
      ids.push((await ask({ 'x-client-id': 'acme', 'x-scenario-id': 'loop' })).headers.get('x-request-id') ?? '');
    await eventually(async () => {
      const rows = await refusals('?scenario_id=loop');
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(45);
      // A loop that runs into the next hour has a row in each.
      if (rows.length === 1) expect(rows[0]?.request_ids).toEqual(ids.slice(-20).reverse());
    });
  });

  it('counts in the summary by code', async () => {
    const summary = await json<{ data: { code: string; count: number }[]; total: number }>(
      gateway.get('/v1/refusals/summary'),
    );
    expect(summary.data[0]).toMatchObject({ code: 'budget_exceeded', count: 46 });
    expect(summary.total).toBe(summary.data.reduce((sum, { count }) => sum + count, 0));
  });

  it('is listed page by page', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await json<{ data: Refusal[]; next_cursor: string | null }>(
        gateway.get(`/v1/refusals?limit=1${cursor}`),
      );
      seen.push(...page.data.map(({ code, scenario_id }) => `${code} ${scenario_id}`));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(new Set(seen)).toEqual(
      new Set(['budget_exceeded 42', 'budget_exceeded loop', 'model_not_found null', 'tag_forbidden null']),
    );
    expect((await gateway.get('/v1/refusals?cursor=nonsense')).status).toBe(400);
  });
});

describe("a client's key", () => {
  it('sees its own refusals only, without the agency’s amounts', async () => {
    const own = await refusals('', { authorization: `Bearer ${acmeKey}` });
    expect(own.length).toBeGreaterThan(0);
    for (const row of own) expect(row).toMatchObject({ client_id: 'acme', message: null, budget_id: null });
    expect(await refusals(`?budget_id=${budgetId}`, { authorization: `Bearer ${acmeKey}` })).toEqual([]);
    expect((await gateway.get('/v1/refusals?client_id=globex', { authorization: `Bearer ${acmeKey}` })).status).toBe(
      403,
    );
  });
});

describe('the refusal of a key without locks', () => {
  it('is shown to the keys of a client without the budget that refused it', async () => {
    const plain = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'plain' }), 201);
    const all = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'Whole house', limit_usd: 0.000001, scope: {} }),
      201,
    );
    const tags = { 'x-client-id': 'acme', 'x-scenario-id': 'secret' };
    expect((await ask({ authorization: `Bearer ${plain.key}`, ...tags })).status).toBe(402);
    const shown = await refusals('?scenario_id=secret', { authorization: `Bearer ${acmeKey}` });
    expect(shown).toMatchObject([{ code: 'budget_exceeded', message: null, budget_id: null }]);
    expect(JSON.stringify(shown)).not.toContain('Whole house');
    expect((await gateway.send('DELETE', `/v1/budgets/${all.id}`)).status).toBe(204);
  });
});

describe('refusals', () => {
  it('are written when the gateway stops', async () => {
    const other = await startTestGateway();
    try {
      expect((await other.post(chat, hello({ model: 'nobody-knows-it' }))).status).toBe(404);
      await other.gateway.stop();
      const { rows } = await other.database.pool.query('select code, count::int as count from refusals');
      expect(rows).toEqual([{ code: 'model_not_found', count: 1 }]);
    } finally {
      await other.stop();
    }
  });
});
