import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventsOf, eventually, type GatewayEvent, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** A key's view of a workspace that serves many: two rivals, acme and globex, share it here. */
let gateway: TestGateway;
let receiver: Receiver;

type Bearer = Record<string, string>;
interface Key {
  id: string;
  as: Bearer;
}
interface Named {
  id: string;
  name: string;
}
interface Budget {
  id: string;
  name: string;
  scope: object;
  limit_usd: number;
}
interface Check {
  allowed: boolean;
  reason: string;
  message: string;
  tightest: Budget | null;
  budgets: Budget[];
}
interface Usage {
  data: { client_id: string | null }[];
  totals: { requests: number; cost_usd: number };
}
interface Webhook {
  id: string;
  url: string;
}

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  receiver = await startReceiver();
  for (const client of ['acme', 'globex']) {
    const headers = {
      'x-project': `${client}-news`,
      'x-scenario-id': `${client}-mailer`,
      'x-scenario-platform': 'make',
    };
    await use(client, 100, headers);
    await json(gateway.send('PUT', `/v1/clients/${client}`, { ...billing, name: client.toUpperCase() }));
  }
});
afterEach(() => gateway.fakes.reset());
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const billing = {
  markup_percent: 35,
  currency: 'EUR',
  exchange_rate: 0.9,
  billing_email: 'pay@client.example',
  notes: 'pays late',
  rate_limit: { calls_per_minute: 1_000 },
};

async function newKey(body: object): Promise<Key> {
  const { id, key } = await json<{ id: string; key: string }>(gateway.post('/v1/keys', { name: 'k', ...body }), 201);
  return { id, as: { authorization: `Bearer ${key}` } };
}
const lockedTo = (tags: Record<string, string>, role = 'caller'): Promise<Key> =>
  newKey({ role, tags, locked_tags: Object.keys(tags) });

/** A call that costs `output` × $10 a million (gpt-4o). */
async function use(client: string | undefined, output: number, headers: Bearer = {}): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output } });
  const tags = client === undefined ? {} : { 'x-client-id': client };
  await json(gateway.post(chat, hello({ max_tokens: output }), { ...tags, ...headers }));
}
const list = async <T = Named>(path: string, as: Bearer): Promise<T[]> =>
  (await json<{ data: T[] }>(gateway.get(path, as))).data;
const ids = async (path: string, as: Bearer): Promise<string[]> => (await list(path, as)).map(({ id }) => id).sort();
const usage = (as: Bearer, query = ''): Promise<Usage> => json(gateway.get(`/v1/usage/clients?${query}`, as));
const newBudget = (scope: object, more: object = {}, as: Bearer = {}): Promise<Budget> =>
  json(gateway.post('/v1/budgets', { name: 'b', limit_usd: 100, scope, ...more }, as), 201);
const remove = async (path: string, as: Bearer = {}): Promise<number> =>
  (await gateway.send('DELETE', path, undefined, as)).status;

describe('a key locked to a platform alone', () => {
  it('sums up its own calls only', async () => {
    const { as } = await lockedTo({ scenario_platform: 'make' });
    expect(await usage(as)).toMatchObject({ data: [], totals: { requests: 0, cost_usd: 0 } });
    const viewer = await lockedTo({ scenario_platform: 'make' }, 'viewer');
    expect(await usage(viewer.as)).toMatchObject({ data: [], totals: { requests: 0 } });
    await use('acme', 10, as);
    // Billed: a key that only calls models is not shown what acme's markup of 35 % is put on.
    for (const group of ['client', 'project', 'scenario', 'model', 'key', 'day'])
      expect((await usage(as, `group_by=${group}`)).totals).toMatchObject({ requests: 1, cost_usd: 0.000135 });
    expect((await usage(as)).data.map(({ client_id: id }) => id)).toEqual(['acme']);
    expect(await (await gateway.get('/v1/usage/clients?format=csv', as)).text()).not.toContain('globex');
    // The single calls know it.
    const calls = await list<{ scenario_platform: string }>('/v1/usage/requests', as);
    expect(new Set(calls.map(({ scenario_platform: platform }) => platform))).toEqual(new Set(['make']));
  });

  it('sees and sets only budgets bound to the key itself', async () => {
    const member = await lockedTo({ scenario_platform: 'make' }, 'member');
    const theirs = await newBudget({ client_id: 'acme' });
    const own = await newBudget({ key_id: member.id });
    expect(await ids('/v1/budgets', member.as)).toEqual([own.id]);
    expect((await gateway.get(`/v1/budgets/${theirs.id}`, member.as)).status).toBe(404);
    expect((await newBudget({}, {}, member.as)).scope).toEqual({ key_id: member.id });
    const { id: another } = await lockedTo({ scenario_platform: 'make' });
    const refused = await gateway.post(
      '/v1/budgets',
      { name: 'b', limit_usd: 1, scope: { key_id: another } },
      member.as,
    );
    expect(refused.status).toBe(403);
    expect(await remove(`/v1/budgets/${theirs.id}`)).toBe(204);
  });

  it('sees events of its platform, and no budget of another key', async () => {
    const { id, as } = await lockedTo({ scenario_platform: 'zapier' });
    await newBudget({ key_id: id }, { name: 'own', limit_usd: 0.001 });
    await newBudget({ client_id: 'platforms' }, { name: 'others', limit_usd: 0.001 });
    // Both budgets pass their limit by a call from Zapier, the client's by one from Make too.
    await use('platforms', 100, as);
    for (const platform of ['zapier', 'make']) {
      await json(gateway.post('/v1/scenarios/tenant-zap/pause', {}));
      await json(gateway.post('/v1/scenarios/tenant-zap/resume', {}));
      await use(undefined, 10, { 'x-scenario-id': `tenant-${platform}`, 'x-scenario-platform': platform });
      await json(gateway.post(`/v1/scenarios/tenant-${platform}/pause`, {}));
    }
    const reported = await eventually(async () => {
      const events = await list<GatewayEvent>('/v1/events', as);
      expect(events.length).toBeGreaterThanOrEqual(4);
      return events;
    });
    expect(reported.flatMap(({ data }) => data.budget ?? [])).toMatchObject([
      { name: 'own' },
      { name: 'own' },
      { name: 'own' },
    ]);
    expect(reported.flatMap(({ data }) => data.scenario?.id ?? [])).toEqual(['tenant-zapier']);
    expect(JSON.stringify(reported)).not.toContain('others');
  });

  it('cannot subscribe, because no subscription is limited to a platform', async () => {
    const { as } = await lockedTo({ scenario_platform: 'make' }, 'member');
    const { id } = await subscribe({ client_id: 'acme' });
    expect(await ids('/v1/webhooks', as)).toEqual([]);
    expect(await remove(`/v1/webhooks/${id}`, as)).toBe(404);
    const refused = await gateway.post('/v1/webhooks', { url: receiver.url, events: ['budget.exceeded'] }, as);
    expect(refused.status).toBe(403);
    expect(await remove(`/v1/webhooks/${id}`)).toBe(204);
  });
});

describe('a key locked to one tag', () => {
  it('sees the other tags that its own calls named', async () => {
    const project = await lockedTo({ project: 'acme-news' });
    const client = await lockedTo({ client_id: 'acme' });
    const platform = await lockedTo({ scenario_platform: 'make' });
    await use('acme', 10, platform.as);
    await eventually(async () => {
      expect(await ids('/v1/clients', project.as)).toEqual(['acme']);
      expect(await ids('/v1/scenarios', project.as)).toEqual(['acme-mailer']);
      expect(await ids('/v1/projects', project.as)).toEqual(['acme-news']);
      expect(await ids('/v1/projects', client.as)).toEqual(['acme-news']);
      expect(await ids('/v1/scenarios', client.as)).toEqual(['acme-mailer']);
      expect(await ids('/v1/clients', platform.as)).toEqual(['acme']);
      expect(await ids('/v1/projects', platform.as)).toEqual([]);
    });
  });

  it('sees the same after hours and days are summed up', async () => {
    const { as } = await lockedTo({ project: 'old-news' });
    const clients = ['of-days', 'of-hours', 'of-now'];
    for (const client of clients) await use(client, 10, as);
    const look = (): Promise<void> => eventually(async () => expect(await ids('/v1/clients', as)).toEqual(clients));
    await look();
    const { pool } = gateway.database;
    await pool.query(`select ensure_call_partitions((now() - interval '1 month')::date, 1)`);
    for (const [client, hours] of [
      ['of-days', 72],
      ['of-hours', 3],
    ])
      await pool.query(`update calls set created_at = created_at - $2 * interval '1 hour' where client_id = $1`, [
        client,
        hours,
      ]);
    while (await rollUp(pool, Date.now()));
    const { rows } = await pool.query(`select client_id from usage_hours where project = 'old-news' order by 1`);
    expect(rows).toEqual([{ client_id: 'of-days' }, { client_id: 'of-hours' }]);
    await look();
  });

  it('neither reads nor sets up a client that its tag never called for', async () => {
    const member = await lockedTo({ project: 'acme-news' }, 'member');
    await eventually(async () => expect((await gateway.get('/v1/clients/acme', member.as)).status).toBe(200));
    expect((await gateway.get('/v1/clients/globex', member.as)).status).toBe(404);
    const set = await gateway.send('PUT', '/v1/clients/globex', { notes: 'mine now' }, member.as);
    expect(set.status).toBe(404);
    expect(await json(gateway.get('/v1/clients/globex'))).toMatchObject(billing);
  });

  it('sees no spending of a scenario that others may share', async () => {
    const viewer = await lockedTo({ client_id: 'acme' }, 'viewer');
    const [scenario] = await eventually(async () => {
      const scenarios = await list<object>('/v1/scenarios', viewer.as);
      expect(scenarios).toHaveLength(1);
      return scenarios;
    });
    expect(scenario).toMatchObject({ id: 'acme-mailer', platform: 'make', spent_period_usd: 0 });
    const own = await lockedTo({ scenario_id: 'acme-mailer' }, 'member');
    expect(await list<object>('/v1/scenarios', own.as)).toMatchObject([{ id: 'acme-mailer', spent_period_usd: 0.001 }]);
    // A key that only calls models may be a client's: what the workspace pays is not shown to it.
    const calls = await lockedTo({ scenario_id: 'acme-mailer' });
    expect(await list<object>('/v1/scenarios', calls.as)).toMatchObject([{ id: 'acme-mailer', spent_period_usd: 0 }]);
  });
});

describe('a key that only calls models', () => {
  it('sees clients, projects and scenarios by name, and nothing private', async () => {
    const { as } = await newKey({ role: 'caller' });
    await json(gateway.post('/v1/scenarios/globex-mailer/pause', { reason: 'Under repair' }));
    const clients = await list('/v1/clients?search=globex', as);
    expect(clients).toEqual([
      {
        id: 'globex',
        name: 'GLOBEX',
        markup_percent: null,
        currency: 'USD',
        exchange_rate: 1,
        billing_email: null,
        address: null,
        tax_id: null,
        tax_percent: null,
        tax_note: null,
        locale: null,
        locked: false,
        rate_limit: null,
        notes: null,
        first_call_at: null,
      },
    ]);
    expect(await list('/v1/projects?search=globex', as)).toMatchObject([{ id: 'globex-news', name: 'globex-news' }]);
    expect(await list('/v1/scenarios?search=globex', as)).toEqual([
      {
        id: 'globex-mailer',
        name: null,
        platform: 'make',
        state: 'paused',
        reason: null,
        by: null,
        since: null,
        clients: [],
        client_count: 0,
        last_call_at: null,
        spent_today_usd: 0,
        spent_period_usd: 0,
        calls_per_minute: 0,
        source_stop: null,
      },
    ]);
    await json(gateway.post('/v1/scenarios/globex-mailer/resume', {}));
    // A client's own key does not see the billing of its client either.
    const own = await lockedTo({ client_id: 'globex' });
    expect(await list('/v1/clients', own.as)).toEqual(clients);
    // A key that may read continues to read.
    const viewer = await newKey({ role: 'viewer' });
    expect(await list('/v1/clients?search=globex', viewer.as)).toMatchObject([billing]);
    expect(await list('/v1/scenarios?search=globex', viewer.as)).toMatchObject([{ spent_period_usd: 0.001 }]);
  });

  it('pages through names like any other', async () => {
    const { as } = await newKey({ role: 'caller' });
    for (const path of ['clients', 'projects', 'scenarios']) {
      const all = await ids(`/v1/${path}?limit=100`, as);
      expect(all.length).toBeGreaterThan(1);
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const page = await json<{ data: Named[]; next_cursor: string | null }>(
          gateway.get(`/v1/${path}?limit=1${cursor}`, as),
        );
        seen.push(...page.data.map(({ id }) => id));
        if (page.next_cursor === null) break;
        cursor = `&cursor=${page.next_cursor}`;
      }
      expect(seen.sort()).toEqual(all);
    }
  });

  it('sees events about a budget of its own key, and no others', async () => {
    const { id, as } = await newKey({ role: 'caller', tags: { client_id: 'called' } });
    await newBudget({ key_id: id }, { name: 'own', limit_usd: 0.001, thresholds: [] });
    await newBudget({ client_id: 'called' }, { name: 'others', limit_usd: 0.001, thresholds: [] });
    await use(undefined, 100, as);
    await eventually(async () => expect(await eventsOf(gateway, '&client_id=called')).toHaveLength(2));
    const reported = await list<GatewayEvent>('/v1/events', as);
    expect(reported.map(({ data }) => data.budget)).toMatchObject([{ name: 'own' }]);
  });
});

describe('a check or an event for a client’s own key', () => {
  it('shows that client’s budgets only, and refuses a call that the whole workspace cannot pay', async () => {
    const whole = await newBudget({}, { name: 'all of us', limit_usd: 50 });
    const own = await newBudget({ client_id: 'checked' }, { name: 'checked' });
    const each = await newBudget({ client_id: '*' }, { name: 'each', limit_usd: 70 });
    const { as } = await lockedTo({ client_id: 'checked' });
    const check = (as: Bearer = {}): Promise<Check> => json(gateway.get('/v1/budgets/check?client_id=checked', as));
    const open = await check(as);
    expect(open).toMatchObject({ allowed: true, reason: 'ok', tightest: { id: each.id } });
    expect(open.budgets.map(({ id }) => id).sort()).toEqual([own.id, each.id].sort());
    expect(open.budgets.map(({ scope }) => scope)).toEqual([{ client_id: 'checked' }, { client_id: 'checked' }]);
    expect(open.message).not.toMatch(/all of us|50/);
    expect((await check()).budgets).toHaveLength(3);
    expect((await check()).tightest?.id).toBe(whole.id);
    // Somebody else has spent it all.
    await json(gateway.send('PATCH', `/v1/budgets/${whole.id}`, { limit_usd: 0.000001 }));
    const refused = await check(as);
    expect(refused).toMatchObject({ allowed: false, reason: 'budget_exceeded', tightest: { id: each.id } });
    expect(JSON.stringify(refused)).not.toContain('all of us');
    for (const { id } of [own, each]) expect(await remove(`/v1/budgets/${id}`)).toBe(204);
    expect(await check(as)).toMatchObject({ allowed: false, tightest: null, budgets: [] });
    const unpriced = await json<Check>(
      gateway.get('/v1/budgets/check?client_id=checked&model=openai/nobody-knows', as),
    );
    expect(unpriced).toMatchObject({ allowed: false, reason: 'price_unknown' });
    expect(unpriced.message).not.toContain('all of us');
    expect(await remove(`/v1/budgets/${whole.id}`)).toBe(204);
  });

  it('shows a budget only where it is that client’s, though its call passed another limit', async () => {
    const whole = await newBudget({}, { name: 'all of us', limit_usd: 0.001, on_limit: 'notify', thresholds: [] });
    const { as } = await lockedTo({ client_id: 'teller' }, 'viewer');
    const each = await newBudget({ client_id: '*' }, { name: 'each', limit_usd: 0.001, thresholds: [] });
    await use('teller', 100);
    await eventually(async () => expect(await eventsOf(gateway, '&client_id=teller')).toHaveLength(2));
    expect((await list<GatewayEvent>('/v1/events', as)).map(({ data }) => data.budget)).toMatchObject([
      { name: 'each', scope: { client_id: 'teller' } },
    ]);
    expect(await list(`/v1/events?budget_id=${whole.id}`, as)).toEqual([]);
    for (const { id } of [whole, each]) expect(await remove(`/v1/budgets/${id}`)).toBe(204);
  });
});

const subscribe = (filter: object, as: Bearer = {}): Promise<Webhook> =>
  json(
    gateway.post('/v1/webhooks', { url: `${receiver.url}/${Math.random()}`, events: ['budget.exceeded'], filter }, as),
    201,
  );

describe('a key bound to a tag', () => {
  it('limits the calls of its own tag only', async () => {
    const { id: another } = await newKey({});
    const acme = await lockedTo({ client_id: 'acme' }, 'member');
    const journal = await lockedTo({ client_id: 'acme', project: 'acme-news' }, 'member');
    const before = await list('/v1/rate-limits', {});
    const set = async (body: object, as: Bearer): Promise<unknown[]> => {
      const answer = await gateway.send('PUT', '/v1/rate-limits', { ...body, calls_per_minute: 900 }, as);
      return [answer.status, ((await answer.json()) as { error?: { code: string } }).error?.code];
    };
    for (const [body, { as }] of [
      [{ key_id: '*' }, acme],
      [{ key_id: another }, acme],
      [{ key_id: acme.id }, acme],
      [{ client_id: 'globex' }, acme],
      [{ client_id: '*' }, acme],
      [{ scenario_id: '*' }, acme],
      // Other projects of this client’s are not its own.
      [{ client_id: 'acme' }, journal],
    ] as const)
      expect([body, ...(await set(body, as))]).toEqual([body, 403, 'tag_forbidden']);
    expect(await list('/v1/rate-limits', {})).toEqual(before);
    expect(await set({ client_id: 'acme' }, acme.as)).toEqual([200, undefined]);
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'acme', ...billing.rate_limit }));
  });

  it('cannot change settings of every call', async () => {
    const { as } = await lockedTo({ client_id: 'acme' }, 'member');
    const { as: owner } = await lockedTo({ client_id: 'acme' }, 'owner');
    const { error } = await json<{ error: { code: string } }>(gateway.send('PUT', '/v1/fallbacks', {}, as), 403);
    expect(error.code).toBe('tag_forbidden');
    const provider = { name: 'openai', kind: 'openai', api_key: 'k' };
    expect((await gateway.post('/v1/providers', provider, owner)).status).toBe(403);
    expect((await gateway.get('/v1/fallbacks', as)).status).toBe(200);
  });
});

describe('a budget of the whole workspace', () => {
  it('refuses a client’s own key without the workspace’s amounts, and alerts others only', async () => {
    const { as } = await lockedTo({ client_id: 'lodger' });
    const { as: member } = await lockedTo({ client_id: 'lodger' }, 'member');
    const whole = await newBudget({}, { name: 'all of us', limit_usd: 0.001, thresholds: [] });
    const each = await newBudget(
      { client_id: '*' },
      { name: 'each', limit_usd: 0.001, on_limit: 'notify', thresholds: [] },
    );
    const own = await subscribe({}, member);
    const everybodys = await subscribe({ client_id: 'lodger' });
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 100 } });
    const answered = await gateway.post(chat, hello({ max_tokens: 100 }), as);
    // Of its own instance of the budget for each client, not of the workspace’s.
    expect([answered.status, Number(answered.headers.get('x-gateway-budget-remaining-usd'))]).toEqual([200, 0]);
    const refused = await gateway.post(chat, hello({ max_tokens: 100 }), { ...as, 'x-client-id': 'lodger' });
    const { error } = await json<{ error: { message: string; details: object } }>(refused, 402);
    const check = await json<{ allowed: boolean; affordable_tokens: null }>(
      gateway.get('/v1/budgets/check?model=gpt-4o', as),
    );
    expect(check).toMatchObject({ allowed: false, affordable_tokens: null });
    expect(error).toMatchObject({
      message: 'A budget of the workspace has too little left for this call. Ask the workspace to raise it.',
    });
    expect(Object.keys(error.details)).toEqual(['resets_at', 'docs_url']);
    const received = async (id: string): Promise<unknown[]> => {
      const reported = await eventsOf(gateway, '&client_id=lodger');
      const deliveries = await list<{ event_id: string }>(`/v1/webhooks/${id}/deliveries`, {});
      return deliveries.map((one) => reported.find((event) => event.id === one.event_id)?.data.budget).sort(byName);
    };
    const byName = (x: unknown, y: unknown): number => ((x as Named).name < (y as Named).name ? -1 : 1);
    await eventually(async () =>
      expect(await received(everybodys.id)).toMatchObject([{ name: 'all of us' }, { name: 'each' }]),
    );
    expect(await received(own.id)).toMatchObject([{ name: 'each' }]);
    for (const { id } of [whole, each]) expect(await remove(`/v1/budgets/${id}`)).toBe(204);
    for (const { id } of [own, everybodys]) expect(await remove(`/v1/webhooks/${id}`)).toBe(204);
  });
});

describe('a subscription', () => {
  it('is visible to a key with locked tags only where such a key made it', async () => {
    const viewer = await lockedTo({ client_id: 'acme' }, 'viewer');
    const member = await lockedTo({ client_id: 'acme' }, 'member');
    const own = await subscribe({}, member.as);
    const others = [
      await subscribe({}),
      await subscribe({ client_id: 'acme' }),
      await subscribe({ client_id: 'globex' }),
      await subscribe({ project: 'acme' }),
    ];
    for (const { as } of [viewer, member]) expect(await ids('/v1/webhooks', as)).toEqual([own.id]);
    for (const { id } of others) {
      const delivery = await json<{ id: string }>(gateway.post(`/v1/webhooks/${id}/test`, {}));
      const before = receiver.received.length;
      expect((await gateway.get(`/v1/webhooks/${id}/deliveries`, viewer.as)).status).toBe(404);
      expect((await gateway.post(`/v1/webhooks/${id}/test`, {}, member.as)).status).toBe(404);
      const again = `/v1/webhooks/${id}/deliveries/${delivery.id}/resend`;
      expect((await gateway.post(again, {}, member.as)).status).toBe(404);
      expect(await remove(`/v1/webhooks/${id}`, member.as)).toBe(404);
      expect(receiver.received).toHaveLength(before);
    }
    expect(await ids('/v1/webhooks', {})).toEqual([own, ...others].map(({ id }) => id).sort());
    const delivery = await json<{ id: string }>(gateway.post(`/v1/webhooks/${own.id}/test`, {}, member.as));
    await json(gateway.post(`/v1/webhooks/${own.id}/deliveries/${delivery.id}/resend`, {}, member.as));
    expect(await ids(`/v1/webhooks/${own.id}/deliveries`, viewer.as)).toEqual([delivery.id]);
    // Ended twice is no failure for it either.
    for (let i = 0; i < 2; i++) expect(await remove(`/v1/webhooks/${own.id}`, member.as)).toBe(204);
    for (const { id } of others) expect(await remove(`/v1/webhooks/${id}`)).toBe(204);
  });

  it('needs the same locked tags, and lists hold nothing else', async () => {
    const { as } = await lockedTo({ client_id: 'acme', project: 'acme-news' }, 'member');
    const wanted = { client_id: 'acme', project: 'acme-news' };
    const { as: partner } = await lockedTo({ client_id: 'acme' }, 'member');
    const own = [await subscribe({}, as), await subscribe({ percent: [100] }, as)];
    // The owner's own are the owner's secret, though they are about this client.
    const others = [await subscribe(wanted), await subscribe({}, partner)];
    const first = await json<{ data: Webhook[]; next_cursor: string }>(gateway.get('/v1/webhooks?limit=1', as));
    const second = await json<{ data: Webhook[]; next_cursor: null }>(
      gateway.get(`/v1/webhooks?limit=1&cursor=${first.next_cursor}`, as),
    );
    expect([...first.data, ...second.data].map(({ id }) => id).reverse()).toEqual(own.map(({ id }) => id));
    expect(second.next_cursor).toBeNull();
    for (const { id } of [...own, ...others]) expect(await remove(`/v1/webhooks/${id}`)).toBe(204);
  });
});

describe('a budget for a key', () => {
  it('is refused for an unknown key', async () => {
    const live = await newKey({});
    const test = await newKey({ mode: 'test' });
    const asTest = { authorization: `Bearer ${testKey}` };
    const ask = (keyId: string, as: Bearer = {}): Promise<Response> =>
      gateway.post('/v1/budgets', { name: 'b', limit_usd: 5, scope: { key_id: keyId } }, as);
    for (const [keyId, as] of [
      ['key_typo', {}],
      [test.id, {}],
      [live.id, asTest],
    ] as const) {
      const { error } = await json<{ error: { code: string; message: string } }>(ask(keyId, as), 404);
      expect(error).toMatchObject({ code: 'not_found', message: `There is no key "${keyId}" here.` });
    }
    for (const [keyId, as] of [
      [live.id, {}],
      [test.id, asTest],
      ['*', {}],
    ] as const)
      expect((await ask(keyId, as)).status).toBe(201);
  });
});
