import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { browser, firstPerson, invited, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const password = 'correct horse battery';
const email = 'ada@agency.example';
let gateway: TestGateway;
let ada: Person;

const signIn = (body: object, headers: Record<string, string> = {}, person = browser(gateway)): Promise<Response> =>
  person.send('POST', '/auth/sign-in', body, headers);

beforeAll(async () => {
  // Tests come from this address as from a proxy.
  gateway = await startTestGateway({ TRUST_PROXY: '127.0.0.1' });
  ada = await firstPerson(gateway, email);
});
afterAll(() => gateway.stop());

const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

describe('a password', () => {
  it('has ten characters or more, and is not one that many people have', async () => {
    for (const weak of ['short', 'Password2026!', '1234567890', 'qwertyuiop'])
      expect(await json(ada.send('PUT', '/v1/me/password', { password: weak }), 400)).toMatchObject({
        error: { code: 'invalid_request', param: 'password' },
      });
    expect((await ada.send('PUT', '/v1/me/password', { password })).status).toBe(204);
  });

  it('signs in, with the address in any case', async () => {
    const person = browser(gateway);
    expect(await json(signIn({ email: ' ADA@agency.example', password }, from('192.0.2.1'), person))).toMatchObject({
      person: { email },
    });
    await json(person.get('/v1/session'));
  });

  it('is stored as Argon2id with its parameters, and nothing of it in clear', async () => {
    const { rows } = await gateway.database.pool.query('select p.*, row_to_json(p)::text as all from passwords p');
    expect(rows).toMatchObject([{ parameters: { memory: 19_456, passes: 2, parallelism: 1 } }]);
    expect(rows[0]?.all).not.toContain(password);
  });

  it('needs the current one to be replaced, and then ends all other sessions', async () => {
    const [here, elsewhere] = [browser(gateway), browser(gateway)];
    for (const person of [here, elsewhere]) await json(signIn({ email, password }, from('192.0.2.1'), person));
    const put = (body: object) => here.send('PUT', '/v1/me/password', body);
    const next = 'another horse battery';
    expect(await json(put({ password: next }), 400)).toMatchObject({ error: { param: 'current_password' } });
    expect((await put({ password: next, current_password: 'wrong horse battery' })).status).toBe(403);
    expect((await put({ password: next, current_password: password })).status).toBe(204);
    expect([(await here.get('/v1/session')).status, (await elsewhere.get('/v1/session')).status]).toEqual([200, 401]);
    expect((await ada.get('/v1/session')).status).toBe(401);
    expect((await signIn({ email, password }, from('192.0.2.1'))).status).toBe(401);
    expect((await put({ password, current_password: next })).status).toBe(204);
    ada = here;
  });

  it('is refused with the same words and after the same work where the address does not exist', async () => {
    /** The shortest of three: the machine may be busy with other things. */
    const took = async (body: object): Promise<{ ms: number; text: string }> => {
      let ms = Number.POSITIVE_INFINITY;
      let text = '';
      for (let n = 1; n <= 3; n += 1) {
        const startedAt = performance.now();
        const answer = await signIn(body, from(`192.0.2.${100 + n}`));
        text = await answer.text();
        expect(answer.status).toBe(401);
        ms = Math.min(ms, performance.now() - startedAt);
      }
      return { ms, text };
    };
    const wrong = await took({ email, password: 'wrong horse battery' });
    const unknown = await took({ email: 'nobody@agency.example', password: 'wrong horse battery' });
    expect(unknown.text).toBe(wrong.text);
    // Without the hash the answer would take a fiftieth.
    expect(unknown.ms).toBeGreaterThan(wrong.ms / 10);
    const alone = await Promise.all(
      [email, 'nobody@agency.example'].map(async (one) => (await signIn({ email: one })).text()),
    );
    expect(new Set(alone).size).toBe(1);
  });
});

it('a forgotten password is answered alike without a mail server, where no link is sent', async () => {
  for (const one of [email, 'nobody@agency.example'])
    expect(await json(browser(gateway).send('POST', '/auth/reset', { email: one }), 202)).toEqual({ email: one });
  const { rows } = await gateway.database.pool.query(`select 1 from sign_in_links where purpose = 'reset'`);
  expect(rows).toEqual([]);
});

describe('a guesser', () => {
  const wrong = { password: 'wrong horse battery' };
  /** The number of the first try that has to wait. The waits double, so even a slow machine meets one. */
  const firstRefused = async (guess: (n: number) => { email: string; from: string }): Promise<number> => {
    for (let n = 1; n <= 15; n += 1) {
      const { email: one, from: address } = guess(n);
      if ((await signIn({ email: one, ...wrong }, from(address))).status === 429) return n;
    }
    return 0;
  };

  it('waits from the fifth failure on, a thousand at once too, and keeps nobody out for long', async () => {
    const bob = 'bob@agency.example';
    await invited(gateway, ada, { email: bob, role: 'member' });
    const tries = await Promise.all(
      Array.from({ length: 12 }, (_, n) => signIn({ email: bob, ...wrong }, from(`198.51.100.${n}`))),
    );
    const statuses = tries.map(({ status }) => status).sort();
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses).toContain(429);
    const refused = tries.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // The wait after the fifth failure is a second; then there is another try.
    await eventually(
      async () => expect((await signIn({ email: bob, ...wrong }, from('198.51.100.90'))).status).toBe(401),
      20_000,
    );
  });

  it('delays no other account, and not the owner from where they have a session', async () => {
    const carol = 'carol@agency.example';
    const person = await invited(gateway, ada, { email: carol, role: 'member' });
    expect((await person.send('PUT', '/v1/me/password', { password })).status).toBe(204);
    await json(signIn({ email: carol, password }, from('203.0.113.7')));
    for (let n = 0; n < 5; n += 1) await signIn({ email: carol, ...wrong }, from(`198.51.100.${50 + n}`));
    // A wait that outlasts a slow machine.
    await gateway.database.pool.query(
      `update sign_in_failures set wait_until = now() + interval '1 minute' where kind = 'account' and failures >= 5`,
    );
    expect((await signIn({ email: carol, password }, from('198.51.100.99'))).status).toBe(429);
    await json(signIn({ email: carol, password }, from('203.0.113.7')));
    await json(signIn({ email, password }, from('192.0.2.1')));
  });

  it('is delayed by address, too, however many accounts it tries', async () => {
    expect(await firstRefused((n) => ({ email: `no${n}@agency.example`, from: '198.51.100.200' }))).toBeGreaterThan(5);
  });

  it('of one IPv6 line counts as one', async () => {
    expect(
      await firstRefused((n) => ({ email: `six${n}@agency.example`, from: `2001:db8:1:2::${n}` })),
    ).toBeGreaterThan(5);
  });
});

it('without TRUST_PROXY a guesser behind a proxy delays the account that is attacked, and nobody else', async () => {
  const behind = await startTestGateway();
  const owner = await firstPerson(behind, email);
  await owner.send('PUT', '/v1/me/password', { password });
  for (let n = 0; n < 12; n += 1)
    await signIn(
      { email: `no${n % 2}@agency.example`, password: 'wrong horse battery' },
      from(`198.51.100.${n}`),
      browser(behind),
    );
  await json(signIn({ email, password }, from('198.51.100.1'), browser(behind)));
  await json(signIn({ email, password }, {}, browser(behind)));
  await behind.stop();
});
