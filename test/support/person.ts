import { expect } from 'vitest';
import { makeLink } from '../../gateway/src/people/sign-in-link.ts';
import { json } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

interface Door {
  url: string;
}

/** A browser as far as the gateway can tell: it sends Origin and the dashboard's header, and keeps the cookie. */
export interface Person {
  /** The name and value of the cookie. */
  cookie(): string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export function browser({ url }: Door, cookie = ''): Person {
  let own = cookie;
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { ...(own === '' ? {} : { cookie: own }), ...(init.headers as Record<string, string>) };
    const answer = await fetch(`${url}${path}`, { redirect: 'manual', ...init, headers });
    const set = answer.headers.getSetCookie().find((one) => /^(__Host-)?gw_session=/.test(one));
    if (set !== undefined) own = set.split(';')[0] ?? '';
    return answer;
  };
  return {
    cookie: () => own,
    get: (path, headers = {}) => ask(path, { headers }),
    send: (method, path, body, headers = {}) =>
      ask(path, {
        method,
        headers: { origin: url, 'content-type': 'application/json', 'x-gateway-app': '1', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

/** The token of a printed link. */
export function tokenOf(link: string | undefined): string {
  const [, token] = /\/auth\/link#([A-Za-z0-9_-]{43})$/.exec(link ?? '') ?? [];
  expect(token, `no link in ${link}`).toBeDefined();
  return token ?? '';
}

/** The first person, signed in: the owner of the first workspace, and the operator. */
export async function firstPerson(
  gateway: Door & { gateway: { signInUrl: string | undefined } },
  email = 'ada@agency.example',
): Promise<Person> {
  const person = browser(gateway);
  await json(person.send('POST', '/auth/link', { token: tokenOf(gateway.gateway.signInUrl), email }));
  return person;
}

/** A person with a role in the workspace of an owner, signed in by their invitation. */
export async function invited(
  gateway: Door,
  owner: Person,
  invitation: { email: string; role: 'owner' | 'member' | 'viewer' | 'client'; client_id?: string },
): Promise<Person> {
  const { url } = await json<{ url: string }>(owner.send('POST', '/v1/invitations', invitation), 201);
  const person = browser(gateway);
  await json(person.send('POST', '/auth/link', { token: tokenOf(url) }));
  return person;
}

/** Another session of a person, by a link as the command prints it. */
export async function signInAgain(gateway: TestGateway, email = 'ada@agency.example'): Promise<Person> {
  const { rows } = await gateway.database.pool.query('select id from people where email = $1', [email]);
  const personId = (rows[0] as { id: string }).id;
  const token = await makeLink(gateway.database.pool as never, { purpose: 'sign-in', personId });
  const person = browser(gateway);
  await json(person.send('POST', '/auth/link', { token }));
  return person;
}
