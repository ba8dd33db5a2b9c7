import { fromHeaderText } from '@ai-gateway/shared/header-text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * Names of rules, arms, tags and parameters, which people write in their own script, in headers, which are ASCII. A question mark
 * for each letter of theirs made "Ä" and "Ö" one arm, and the warning of an odd tag named the same one twice.
 */
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway.stop());

async function headersOf(body: object, headers: Record<string, string> = {}): Promise<Headers> {
  const answer = await gateway.post(chat, hello(body), headers);
  expect(answer.status).toBe(200);
  await answer.text();
  return answer.headers;
}

describe('a name beyond ASCII', () => {
  it('of a rule is read in the header by its percent-encoding, and in streams and prompts as it is', async () => {
    const rule = {
      name: 'Rechnungen für Köln 📄',
      when: { field: 'client_id', eq: 'köln' },
      then: { model: 'gpt-4o-mini' },
    };
    expect((await gateway.post('/v1/routing/rules', rule)).status).toBe(201);
    const ours = { model: 'auto', metadata: { client_id: 'köln' } };
    const route = (await headersOf(ours)).get('x-gateway-route') ?? '';
    expect(route).toMatch(/^rule "Rechnungen f%C3%BCr K%C3%B6ln %F0%9F%93%84" v\d+$/);
    expect(fromHeaderText(route)).toMatch(/^rule "Rechnungen für Köln 📄" v\d+$/);

    const stream = await (await gateway.post(chat, hello({ ...ours, stream: true }))).text();
    expect(stream).toContain('"route":"rule \\"Rechnungen für Köln 📄\\" v');

    await gateway.post('/v1/prompts', { id: 'gruss', name: 'Gruß' });
    const version = { messages: [{ role: 'user', content: 'Hallo' }], model: 'auto', variables: [] };
    await gateway.post('/v1/prompts/gruss/versions', version);
    const run = await json(gateway.post('/v1/prompts/gruss/run', { version: 1, variables: {}, client_id: 'köln' }));
    expect(run).toMatchObject({ route: expect.stringContaining('"Rechnungen für Köln 📄"') });
  });

  it('of an arm differs from the names of the other arms', async () => {
    const body = {
      name: 'Größe',
      when: { field: 'client_id', eq: 'arms' },
      unit: 'execution',
      arms: [
        { name: 'Ä', model: 'gpt-4o' },
        { name: 'Ö', model: 'gpt-4o-mini' },
      ],
      metric: 'cost',
    };
    const { id } = (await json(gateway.post('/v1/experiments', body), 201)) as { id: string };
    expect((await gateway.post(`/v1/experiments/${id}/start`, {})).status).toBe(200);
    const said = new Set<string>();
    for (let run = 0; run < 20; run++) {
      const headers = await headersOf({ model: 'auto' }, { 'x-client-id': 'arms', 'x-execution-id': `run-${run}` });
      said.add(fromHeaderText(headers.get('x-gateway-experiment') ?? ''));
    }
    expect([...said].toSorted()).toEqual(['Größe=Ä', 'Größe=Ö']);
  });

  it('of a rule is whole, and its version behind it, however long', async () => {
    const rule = { name: '請'.repeat(100), when: { field: 'client_id', eq: '請' }, then: { model: 'gpt-4o-mini' } };
    expect((await gateway.post('/v1/routing/rules', rule)).status).toBe(201);
    const ours = { version: 1, variables: {}, client_id: '請' };
    const run = await json(gateway.post('/v1/prompts/gruss/run', ours));
    expect(run).toMatchObject({ route: expect.stringContaining(`rule "${'請'.repeat(100)}" v`) });
    const route = (await headersOf({ model: 'auto', metadata: { client_id: '請' } })).get('x-gateway-route') ?? '';
    expect(fromHeaderText(route)).toMatch(/^rule "請{100}" v\d+/);
  });

  it('of a client, a project and a scenario are all in one warning, however long', async () => {
    const tags = (name: string): object => ({ metadata: { client_id: name, project: name, scenario_id: name } });
    await headersOf(tags('Ж'.repeat(128)));
    const warning = (await headersOf(tags('ж'.repeat(128)))).get('x-gateway-warning') ?? '';
    for (const tag of ['client_id', 'project', 'scenario_id']) expect(fromHeaderText(warning)).toContain(`${tag} "жж`);
    expect(warning.length).toBeLessThan(2_000);
  });

  it('of a client is named in the warning', async () => {
    await headersOf({ metadata: { client_id: 'Łódź' } });
    const warning = (await headersOf({ metadata: { client_id: 'łódź' } })).get('x-gateway-warning') ?? '';
    expect(fromHeaderText(warning)).toBe('client_id "łódź" differs from "Łódź" by case only');
  });

  it('of a model may be listed as a fallback, be the target of a rule, and answer', async () => {
    const models = [{ id: '模型', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }];
    const account = { base_url: gateway.fakes.openai.baseUrl, api_key: 'sk-canary-openai-4711' };
    await json(gateway.post('/v1/providers', { name: 'router', kind: 'openai-compatible', ...account, models }), 201);
    await json(gateway.send('PUT', '/v1/fallbacks', { 'gpt-4o': ['router/模型'] }));
    expect(await json(gateway.get('/v1/providers'))).toMatchObject({
      data: [{ name: 'router', models: [{ id: '模型' }] }],
    });
    const rule = { name: 'own', when: { field: 'client_id', eq: 'own' }, then: { model: 'router/模型' } };
    await json(gateway.post('/v1/routing/rules', rule), 201);
    const headers = await headersOf({ model: 'auto', metadata: { client_id: 'own' } });
    expect(headers.get('x-gateway-model')).toBe('%E6%A8%A1%E5%9E%8B');
  });

  it('of a parameter that is dropped is named', async () => {
    const headers = await headersOf({ model: 'claude-sonnet-5', größe: 1, 'x\r\ny: z': 2 });
    expect(headers.get('x-gateway-dropped-params')).toBe('gr%C3%B6%C3%9Fe, x%0D%0Ay: z');
  });
});
