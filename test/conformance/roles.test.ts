import { contract } from '@ai-gateway/shared/contract';
import { inQuery, type Operation } from '@ai-gateway/shared/operation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { browser, firstPerson, invited, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * A role allows the same by key and by cookie. Each operation is asked with a field that it does not know: where the role allows it, the field is
 * refused (`400`), else the caller (`403`), and nothing is changed.
 */
let gateway: TestGateway;
const people: Record<string, Person> = {};
const keys: Record<string, string> = {};
const roles = ['owner', 'member', 'viewer'] as const;
const operations = (contract as readonly Operation[]).filter(({ kind }) => kind !== 'model');
const isForPeople = ({ access }: Operation): boolean => access === 'person' || access === 'session';

beforeAll(async () => {
  gateway = await startTestGateway();
  const ada = await firstPerson(gateway);
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme' }));
  for (const role of roles) {
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: role, role }), 201);
    keys[role] = key;
    people[role] = await invited(gateway, ada, { email: `${role}@agency.example`, role });
  }
  people.client = await invited(gateway, ada, { email: 'client@acme.example', role: 'client', client_id: 'acme' });
  people.operator = ada;
});
afterAll(() => gateway.stop());

async function ask({ method, path }: Operation, headers: Record<string, string>): Promise<number> {
  const at = path.replace(/:[a-z_]+/g, 'x');
  const answer = await fetch(`${gateway.url}${at}${inQuery(method) ? '?not_a_field=1' : ''}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(inQuery(method) ? {} : { body: '{"not_a_field":1}' }),
  });
  await answer.arrayBuffer();
  return answer.status;
}
const byKey = (role: string) => ({ authorization: `Bearer ${keys[role]}` });
const byCookie = (who: string) => ({
  cookie: people[who]?.cookie() ?? '',
  origin: gateway.url,
  'x-gateway-app': '1',
});
const isAllowed = (status: number): boolean => status !== 401 && status !== 403;

describe.each(roles)('the role %s', (role) => {
  it('allows the same operations to a key and to a person', async () => {
    const differing: unknown[] = [];
    const allowed = new Set<boolean>();
    for (const operation of operations.filter((one) => !isForPeople(one))) {
      const [key, cookie] = [await ask(operation, byKey(role)), await ask(operation, byCookie(role))];
      // A key is no operator's key; a person is told that their role is too little.
      const same = operation.access === 'operator' ? !isAllowed(key) && !isAllowed(cookie) : key === cookie;
      if (!same) differing.push([operation.id, key, cookie]);
      allowed.add(isAllowed(cookie));
    }
    expect(differing).toEqual([]);
    // A viewer is refused something, an owner something of the operator's, and each may read.
    expect([...allowed].sort()).toEqual([false, true]);
  });

  it('lets nobody call a model by cookie', async () => {
    const answer = await browser(gateway, people[role]?.cookie()).send('POST', chat, hello());
    expect(answer.status).toBe(401);
  });
});

it('the operations of people are for people: every key is refused', async () => {
  for (const operation of operations.filter(isForPeople)) {
    expect([operation.id, await ask(operation, byKey('owner'))]).toEqual([operation.id, 403]);
    expect([operation.id, isAllowed(await ask(operation, byCookie('viewer')))]).toEqual([operation.id, true]);
    expect([operation.id, await ask(operation, {})]).toEqual([operation.id, 401]);
  }
});

it('the role client allows nothing of /v1 but the session', async () => {
  for (const operation of operations) {
    const status = await ask(operation, byCookie('client'));
    expect([operation.id, isAllowed(status)]).toEqual([operation.id, operation.access === 'session']);
  }
});

it('the operator is a person, too, and may do what the operator’s key may', async () => {
  for (const operation of operations.filter(({ access }) => access === 'operator'))
    expect([operation.id, isAllowed(await ask(operation, byCookie('operator')))]).toEqual([operation.id, true]);
});
