import { afterAll, beforeAll, expect, it } from 'vitest';
import { isNoted } from '../../gateway/src/people/note-failed-try.ts';
import { eventually, json } from '../support/ask.ts';
import { browser, firstPerson, invited, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let ada: Person;

interface Row {
  actor: { type: string; id: string };
  target: { type: string; id: string };
  after: { failed_tries: number };
  address: string | null;
}
interface Member {
  email: string;
  failed_sign_ins: number;
  sign_in_waits_until: string | null;
}

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await firstPerson(gateway);
  await json(ada.send('PUT', '/v1/me/password', { password: 'a quiet river of nine stones' }), 204);
});
afterAll(() => gateway.stop());

const guess = (email: string): Promise<Response> =>
  browser(gateway).send('POST', '/auth/sign-in', { email, password: 'a wrong password' });
const rows = async (query = ''): Promise<Row[]> =>
  (await json<{ data: Row[] }>(gateway.get(`/v1/audit?operation=auth.sign-in.failed${query}`))).data;
const memberOf = async (email: string): Promise<Member | undefined> =>
  (await json<{ data: Member[] }>(ada.get('/v1/members'))).data.find((one) => one.email === email);

it('wrong tries are in the audit log of the person’s workspace, by the person’s id, and owners see that sign-in waits', async () => {
  const { person } = await json<{ person: { id: string } }>(ada.get('/v1/session'));
  expect(await memberOf('ada@agency.example')).toMatchObject({ failed_sign_ins: 0, sign_in_waits_until: null });
  const statuses: number[] = [];
  // On a slow machine the first waits are over before the next try; each is twice as long as the one before.
  while (statuses.at(-1) !== 429 && statuses.length < 9) statuses.push((await guess('ada@agency.example')).status);
  expect([statuses.slice(0, 5), statuses.at(-1)]).toEqual([[401, 401, 401, 401, 401], 429]);
  await eventually(async () => {
    const found = await rows(`&target_id=${person.id}`);
    expect(found.map(({ after }) => after.failed_tries).sort()).toEqual([1, 5]);
    expect(found[0]).toMatchObject({
      actor: { type: 'system', id: 'sign-in' },
      target: { type: 'person', id: person.id },
      address: '127.0.0.1',
    });
  });
  const seen = await memberOf('ada@agency.example');
  expect(seen?.failed_sign_ins).toBe(statuses.length - 1);
  await gateway.database.pool.query(`update sign_in_failures set wait_until = now() + interval '1 hour'`);
  const waiting = await memberOf('ada@agency.example');
  expect(Date.parse(waiting?.sign_in_waits_until ?? '')).toBeGreaterThan(Date.now());
  await gateway.database.pool.query('update sign_in_failures set wait_until = now()');
});

it('wrong tries at an address that nobody here has leave no row', async () => {
  const before = await rows();
  await guess('nobody@agency.example');
  await invited(gateway, ada, { email: 'bob@agency.example', role: 'viewer' });
  await guess('bob@agency.example');
  // By then the row of the try before would be there, too.
  await eventually(async () => expect(await rows()).toHaveLength(before.length + 1));
});

it('a wrong code of a step-up, and a wrong password of a portal link, are on record, too', async () => {
  const before = await rows();
  const cat = await invited(gateway, ada, { email: 'cat@agency.example', role: 'member' });
  expect((await cat.send('POST', '/auth/step-up', { password: 'a wrong password' })).status).toBe(401);
  const link = await json<{ id: string; url: string }>(
    ada.send('POST', '/v1/clients/acme/links', { name: 'Acme', password: 'nine quiet stones' }),
    201,
  );
  const token = link.url.split('#')[1];
  expect((await browser(gateway).send('POST', '/portal/session', { token, password: 'wrong' })).status).toBe(401);
  await eventually(async () => {
    const found = (await rows()).slice(0, -before.length || undefined);
    expect(found.map(({ target }) => target.type).sort()).toEqual(['person', 'portal_link']);
    expect(found.find(({ target }) => target.type === 'portal_link')?.target.id).toBe(link.id);
  });
});

it('a loop of millions of wrong tries is a few rows', () => {
  const noted = Array.from({ length: 1_000_000 }, (_, tries) => tries + 1).filter(isNoted);
  expect(noted).toEqual([1, 5, 10, 100, 1_000, 10_000, 100_000, 1_000_000]);
});
