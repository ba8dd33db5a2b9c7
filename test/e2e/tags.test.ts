import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventsOf, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

type Headers = Record<string, string>;
const name = 'Müller GmbH';
/** As macOS writes it, with a no-break space, with something invisible in it, and with blanks around. */
const spellings = [
  'Müller GmbH'.normalize('NFD'),
  'Müller\u00a0GmbH',
  'Mül\u200bler GmbH',
  '\u3000Müller\u2009GmbH \ufeff',
];
/** Header values travel as bytes; undici takes them one character a byte. */
const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('names that look the same', () => {
  // A budget of `Müller GmbH` that was spent let calls of the same name in other spellings through.
  it.each(spellings)('share one budget, with the name in any place: %j', async (spelling) => {
    const project = `by ${Math.random()}`;
    await json(
      gateway.post('/v1/budgets', { name: 'b', limit_usd: 0.000001, scope: { client_id: name, project } }),
      201,
    );
    const path = encodeURIComponent(spelling).replaceAll(',', '%2C');
    const ask = (headers: Headers, body: object = {}, prefix = ''): Promise<Response> =>
      gateway.post(`${prefix}${chat}`, hello(body), { 'x-project': project, ...headers });
    const answers = [
      await ask({ 'x-client-id': bytes(spelling) }),
      await ask({}, { metadata: { client_id: spelling } }),
      await ask({}, {}, `/t/client=${path}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([402, 402, 402]);
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'k', tags: { client_id: spelling }, locked_tags: ['client_id'] }),
      201,
    );
    const as = { authorization: `Bearer ${key}` };
    expect((await ask(as)).status).toBe(402);
    expect((await ask({ ...as, 'x-client-id': bytes(name) })).status).toBe(402);
    const { data } = await json<{ data: { id: string }[] }>(
      gateway.get(`/v1/budgets?client_id=${encodeURIComponent(spelling)}&project=${encodeURIComponent(project)}`),
    );
    expect(data).toHaveLength(1);
  });

  it('are one client in budgets, filters, webhooks, settings and lists', async () => {
    await json(gateway.post(chat, hello(), { 'x-client-id': bytes(name) }));
    for (const spelling of spellings) {
      const query = encodeURIComponent(spelling);
      const budget = { name: 'b', limit_usd: 5, scope: { client_id: spelling } };
      expect(await json(gateway.post('/v1/budgets', budget), 201)).toMatchObject({ scope: { client_id: name } });
      expect(await json(gateway.send('PUT', `/v1/clients/${query}`, { name: 'Müller' }))).toMatchObject({ id: name });
      expect(await json(gateway.get(`/v1/clients/${query}`))).toMatchObject({ id: name });
      const { totals } = await json<{ totals: { requests: number } }>(
        gateway.get(`/v1/usage/clients?client_id=${query}`),
      );
      expect(totals.requests).toBeGreaterThan(0);
      const webhook = { url: 'https://example.com/h', events: ['budget.exceeded'], filter: { client_id: spelling } };
      const made = await gateway.post('/v1/webhooks', webhook);
      expect((await made.json()) as object).toMatchObject({ filter: { client_id: name } });
    }
    const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/clients?search=ller'));
    expect(data.map(({ id }) => id)).toEqual([name]);
  });

  it('keep their emoji whole', async () => {
    const family = '👩‍👩‍👧 ❤️';
    await json(gateway.post(chat, hello({ metadata: { client_id: `${family}\u200b` } })));
    await eventually(async () => {
      const { data } = await json<{ data: { id: string }[] }>(
        gateway.get(`/v1/clients?search=${encodeURIComponent('👩')}`),
      );
      expect(data.map(({ id }) => id)).toEqual([family]);
    });
  });
});

describe('a name that differs from a known one by case only', () => {
  const call = (headers: Headers, body: object = {}): Promise<Response> => gateway.post(chat, hello(body), headers);
  const warningOf = async (headers: Headers, body: object = {}): Promise<string | null> => {
    const answer = await call(headers, body);
    expect(answer.status).toBe(200);
    await answer.text();
    return answer.headers.get('x-gateway-warning');
  };

  it.each([
    ['x-client-id', 'client_id'],
    ['x-project', 'project'],
    ['x-scenario-id', 'scenario_id'],
  ])('is a name of its own, and its first call says so: %s', async (header, tag) => {
    expect(await warningOf({ [header]: `alike-${tag}` })).toBeNull();
    expect(await warningOf({ [header]: `Alike-${tag}` })).toBe(
      `${tag} "Alike-${tag}" differs from "alike-${tag}" by case only`,
    );
    expect(await warningOf({ [header]: `Alike-${tag}` })).toBeNull();
    expect(await warningOf({ [header]: `alike-${tag}` })).toBeNull();
    await eventually(async () => {
      const events = (await eventsOf(gateway, '&type=client.lookalike')).filter(({ data }) => data.tag === tag);
      expect(events.map(({ data }) => data)).toEqual([{ tag, value: `Alike-${tag}`, known: `alike-${tag}` }]);
    });
  });

  it('gets the warning in streams and for embeddings too, and a client’s own key sees no other name', async () => {
    await warningOf({ 'x-client-id': 'shouting' });
    expect(await warningOf({ 'x-client-id': 'SHOUTING' }, { stream: true })).toContain('differs from "shouting"');
    const embedding = await gateway.post(
      '/v1/embeddings',
      { model: 'text-embedding-3-small', input: 'Hi' },
      { 'x-client-id': 'Shouting' },
    );
    expect(embedding.headers.get('x-gateway-warning')).toContain('by case only');
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'k', tags: { client_id: 'sHOUTING' }, locked_tags: ['client_id'] }),
      201,
    );
    const as = { authorization: `Bearer ${key}` };
    expect(await warningOf(as)).toBe('client_id "sHOUTING" differs from a known one by case only');
    expect((await json<{ data: unknown[] }>(gateway.get('/v1/events', as))).data).toEqual([]);
  });
});
