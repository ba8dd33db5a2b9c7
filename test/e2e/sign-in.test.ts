import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { browser, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let ada: Person;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('the link of the first start', () => {
  it('opens at localhost, where passkeys work, and is in no log', () => {
    expect(gateway.gateway.signInUrl).toMatch(/^http:\/\/localhost:\d+\/auth\/link#[\w-]{43}$/);
    expect(gateway.logs.join('')).not.toContain(tokenOf(gateway.gateway.signInUrl));
  });

  it('asks for an address, and is not used up by a request without one', async () => {
    const token = tokenOf(gateway.gateway.signInUrl);
    for (const email of [undefined, 'ada'])
      expect(await json(browser(gateway).send('POST', '/auth/link', { token, email }), 400)).toMatchObject({
        error: { code: 'invalid_request', param: 'email' },
      });
  });

  it('makes the first person the owner and the operator, once, also when two open it at once', async () => {
    const token = tokenOf(gateway.gateway.signInUrl);
    const both = [browser(gateway), browser(gateway)];
    const answers = await Promise.all(
      both.map((one, n) => one.send('POST', '/auth/link', { token, email: ` Ada${n}@Agency.example`, name: 'Ada' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    const winner = answers.findIndex(({ status }) => status === 200);
    ada = both[winner] ?? browser(gateway);
    const workspace = { id: expect.stringMatching(/^ws_/), name: 'My workspace' };
    const session = {
      person: {
        id: expect.stringMatching(/^per_/),
        email: `ada${winner}@agency.example`,
        name: 'Ada',
        is_operator: true,
      },
      workspace,
      workspaces: [{ ...workspace, role: 'owner' }],
      role: 'owner',
      livemode: true,
    };
    for (const answer of [answers[winner] as Response, await ada.get('/v1/session')])
      expect(await json(answer)).toEqual(session);
    expect(await json(ada.get('/v1/session', { 'x-gateway-mode': 'test' }))).toMatchObject({ livemode: false });
    expect(
      await json(browser(gateway).send('POST', '/auth/link', { token, email: 'eve@agency.example' }), 410),
    ).toMatchObject({ error: { code: 'link_used' } });
  });
});

it('a printed link proves nothing about the address that is typed in', async () => {
  const { rows } = await gateway.database.pool.query('select email_verified_at from people');
  expect(rows).toEqual([{ email_verified_at: null }]);
});

describe('a session', () => {
  it('may do what its role may, and what the operator’s key may', async () => {
    const { id } = await json<{ id: string }>(ada.send('POST', '/v1/keys', { name: 'From the dashboard' }), 201);
    expect(await json(ada.get('/v1/keys'))).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ id, expires_at: null })]),
    });
    await json(ada.send('POST', '/v1/workspaces', { name: 'Second' }), 201);
  });

  it('calls no model', async () => {
    for (const path of [chat, '/v1/responses', '/v1/messages', '/v1/embeddings'])
      expect([path, (await ada.send('POST', path, hello())).status]).toEqual([path, 401]);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
  });

  it('is over once signed out', async () => {
    const cookie = ada.cookie();
    expect((await ada.send('POST', '/auth/sign-out')).status).toBe(204);
    expect(ada.cookie()).toBe('gw_session=');
    expect(await json(browser(gateway, cookie).get('/v1/session'), 401)).toMatchObject({
      error: { code: 'invalid_credentials' },
    });
    expect((await browser(gateway).get('/v1/session')).status).toBe(401);
    const { rows } = await gateway.database.pool.query(
      `select operation, actor_type, address, after from audit_log where operation like 'auth.%' order by created_at`,
    );
    const row = { actor_type: 'person', address: '127.0.0.1', after: { method: 'link' } };
    expect(rows).toEqual([
      { operation: 'auth.sign-in', ...row },
      { operation: 'auth.sign-out', ...row },
    ]);
  });
});

it('a second start prints no link', async () => {
  const again = await startTestGateway({
    DATABASE_URL: gateway.database.url,
    GATEWAY_SECRET: gateway.gateway.services.secret,
  });
  expect(again.gateway.signInUrl).toBeUndefined();
  await again.stop();
});
