import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeLink } from '../../gateway/src/people/sign-in-link.ts';
import { json } from '../support/ask.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { browser, firstPerson, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** `POST /auth/link/view` tells the holder of a link what it is, and leaves the link as it was. */

interface View {
  state: string;
  purpose: string | null;
  email: string | null;
  expires_at: string | null;
  invitation: { role: string; to: string; rights: string; by: { name: string; email: string } | null } | null;
  signed_in_as: string | null;
}

const unknown: View = {
  state: 'unknown',
  purpose: null,
  email: null,
  expires_at: null,
  invitation: null,
  signed_in_as: null,
};

const operatorKey = `gw_operator_${'o'.repeat(32)}`;

let mailbox: Mailbox;
let gateway: TestGateway;
let ada: Person;
let printed: string;

beforeAll(async () => {
  mailbox = await startMailbox();
  gateway = await startTestGateway({
    SMTP_URL: mailbox.url,
    ALLOW_PRIVATE_NETWORK: 'true',
    GATEWAY_OPERATOR_KEY: operatorKey,
    TRUST_PROXY: '127.0.0.1',
  });
  printed = tokenOf(gateway.gateway.signInUrl);
});
afterAll(async () => {
  await gateway.stop();
  await mailbox.stop();
});
beforeEach(() => gateway.database.pool.query('delete from sign_in_failures'));

const view = (token: string, person: Person = browser(gateway)): Promise<View> =>
  json<View>(person.send('POST', '/auth/link/view', { token }));

const personId = async (email: string): Promise<string> => {
  const { rows } = await gateway.database.pool.query('select id from people where email = $1', [email]);
  return (rows[0] as { id: string }).id;
};
const signInLink = async (email: string): Promise<string> =>
  makeLink(gateway.database.pool as never, { purpose: 'sign-in', personId: await personId(email) });

const invite = async (
  invitation: { email: string; role: string; client_id?: string },
  by: Person = ada,
): Promise<{ id: string; token: string }> => {
  const { id, url } = await json<{ id: string; url: string }>(by.send('POST', '/v1/invitations', invitation), 201);
  return { id, token: tokenOf(url) };
};
const over = (token: string): Promise<unknown> => {
  const hash = `sha256(convert_to('${token}', 'UTF8'))`;
  return gateway.database.pool.query(
    `with link as (update sign_in_links set expires_at = now() - interval '1 minute' where hash = ${hash} returning invitation_id)
     update invitations i set expires_at = now() - interval '1 minute' from link where i.id = link.invitation_id`,
  );
};

describe('the view of a link', () => {
  it('says that the printed link makes the first person, until there is one', async () => {
    expect(await view(printed)).toMatchObject({ state: 'open', purpose: 'first', email: null });
    ada = await firstPerson(gateway);
    expect(await view(printed)).toMatchObject({ state: 'used', purpose: 'first', email: null });
  });

  it('names the inviter, the workspace and the role of an invitation, and takes nothing from it', async () => {
    await json(ada.send('PATCH', '/v1/workspace', { name: 'Acme Agency' }));
    const { token } = await invite({ email: 'bob@agency.example', role: 'member' });
    for (let times = 0; times < 3; times++)
      expect(await view(token)).toMatchObject({
        state: 'open',
        purpose: 'invite',
        email: 'bob@agency.example',
        invitation: { role: 'member', to: 'Acme Agency', by: { name: 'ada', email: 'ada@agency.example' } },
        signed_in_as: null,
      });
    expect((await view(token, ada)).signed_in_as).toBe('ada@agency.example');
    const bob = browser(gateway);
    await json(bob.send('POST', '/auth/link', { token }));
    expect(await view(token)).toMatchObject({ state: 'used', purpose: 'invite' });
  });

  it('names no person to people of a client, and none where a key invites', async () => {
    const client = await invite({ email: 'jane@acme.example', role: 'client', client_id: 'acme' });
    expect((await view(client.token)).invitation).toMatchObject({
      role: 'client',
      by: null,
      rights: expect.stringContaining('budgets and invoices'),
    });
    const { url } = await json<{ url: string }>(
      gateway.post('/v1/invitations', { email: 'key@agency.example', role: 'viewer' }),
      201,
    );
    expect((await view(tokenOf(url))).invitation).toMatchObject({ role: 'viewer', by: null });
  });

  it('distinguishes expired, withdrawn and replaced invitations', async () => {
    const first = await invite({ email: 'carol@agency.example', role: 'member' });
    const second = await invite({ email: 'carol@agency.example', role: 'viewer' });
    expect((await view(first.token)).state).toBe('replaced');
    expect(await view(second.token)).toMatchObject({ state: 'open', invitation: { role: 'viewer' } });
    await over(second.token);
    expect((await view(second.token)).state).toBe('expired');
    const third = await invite({ email: 'dora@agency.example', role: 'member' });
    expect((await ada.send('DELETE', `/v1/invitations/${third.id}`)).status).toBe(204);
    // It may have reached somebody else, which is why it was withdrawn.
    expect(await view(third.token)).toEqual({ ...unknown, state: 'revoked', purpose: 'invite' });
    for (const { token } of [first, second, third])
      expect((await browser(gateway).send('POST', '/auth/link', { token })).status).toBe(410);
  });

  it('says whom a sign-in link and a reset sign in, and that a reset was used', async () => {
    expect(await view(await signInLink('bob@agency.example'))).toMatchObject({
      state: 'open',
      purpose: 'sign-in',
      email: 'bob@agency.example',
    });
    expect((await browser(gateway).send('POST', '/auth/reset', { email: 'bob@agency.example' })).status).toBe(202);
    const token = tokenOf(
      /https?:\S+\/auth\/link#[\w-]{43}/.exec(await mailbox.with('bob@agency.example', 'new password'))?.[0],
    );
    expect(await view(token)).toMatchObject({ state: 'open', purpose: 'reset', email: 'bob@agency.example' });
    await json(browser(gateway).send('POST', '/auth/link', { token }));
    expect(await view(token)).toMatchObject({ state: 'used', purpose: 'reset' });
  });

  it('says of a link of a disabled person that it is withdrawn', async () => {
    const token = await signInLink('bob@agency.example');
    await gateway.database.pool.query(`update people set disabled_at = now() where email = 'bob@agency.example'`);
    expect((await view(token)).state).toBe('revoked');
    await gateway.database.pool.query(`update people set disabled_at = null where email = 'bob@agency.example'`);
  });
});

describe('a stranger who asks what a link is', () => {
  it('gets the same answer for every token that is none', async () => {
    for (const token of ['x'.repeat(43), 'nY2', 'ä'.repeat(43), 'x'.repeat(200)])
      expect(await view(token)).toEqual(unknown);
  });

  it('does not learn whether the invited address has an account', async () => {
    const known = await view((await inviteElsewhere('bob@agency.example')).token);
    const stranger = await view((await inviteElsewhere('nobody@agency.example')).token);
    const blank = (one: View): View => ({ ...one, email: null, expires_at: null });
    expect(blank(known)).toEqual(blank(stranger));
  });

  it('waits after many unknown tokens, as after wrong passwords, and the holder of a link does not', async () => {
    const ask = async (token: string): Promise<number> => {
      const from = { 'x-forwarded-for': '203.0.113.9' };
      return (await browser(gateway).send('POST', '/auth/link/view', { token }, from)).status;
    };
    const statuses: number[] = [];
    // On a slow machine the first waits are over before the next try; each is twice as long as the one before.
    while (statuses.at(-1) !== 429 && statuses.length < 9) statuses.push(await ask('y'.repeat(43)));
    expect([statuses.slice(0, 5), statuses.at(-1)]).toEqual([[200, 200, 200, 200, 200], 429]);
    expect(await ask(await signInLink('bob@agency.example'))).toBe(200);
  });

  it('keeps nobody at the same address from signing in, however many unknown links are opened there', async () => {
    const from = { 'x-forwarded-for': '203.0.113.10' };
    const password = 'a long enough pass phrase';
    expect((await ada.send('PUT', '/v1/me/password', { password })).status).toBe(204);
    for (let opened = 0; opened < 10; opened++)
      await browser(gateway).send('POST', '/auth/link/view', { token: 'z'.repeat(43) }, from);
    const credentials = { email: 'ada@agency.example', password };
    const wrong = { ...credentials, password: 'some other pass phrase' };
    expect((await browser(gateway).send('POST', '/auth/sign-in', wrong, from)).status).toBe(401);
    expect((await browser(gateway).send('POST', '/auth/sign-in', credentials, from)).status).toBe(200);
  });

  it('must be a page of the gateway, and sends the token in the body', async () => {
    const token = await signInLink('bob@agency.example');
    const body = JSON.stringify({ token });
    const asked = (headers: Record<string, string>) =>
      fetch(`${gateway.url}/auth/link/view`, { method: 'POST', headers, body });
    expect((await asked({ 'content-type': 'application/json' })).status).toBe(403);
    expect((await asked({ 'content-type': 'application/json', origin: 'https://evil.example' })).status).toBe(403);
    const answer = await fetch(`${gateway.url}/auth/link/view?token=${token}`, { headers: { origin: gateway.url } });
    expect(answer.status).toBe(404);
  });
});

/** As somebody else does, in a workspace of their own. */
async function inviteElsewhere(email: string): Promise<{ token: string }> {
  const operator = { authorization: `Bearer ${operatorKey}` };
  const { live_key: key } = await json<{ live_key: string }>(
    gateway.post('/v1/workspaces', { name: 'Elsewhere' }, operator),
    201,
  );
  const { url } = await json<{ url: string }>(
    gateway.post('/v1/invitations', { email, role: 'viewer' }, { authorization: `Bearer ${key}` }),
    201,
  );
  return { token: tokenOf(url) };
}
