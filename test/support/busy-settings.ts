import { expect } from 'vitest';
import { chat, hello, json } from './ask.ts';
import { invited, type Person } from './person.ts';
import type { TestGateway } from './start-gateway.ts';

/** Sets the workspace up as an owner does once: fallbacks, accounts at providers (one refuses its key), a brand, single sign-on and a colleague. */
export async function fillSettings(gateway: TestGateway, owner: Person): Promise<void> {
  const fallbacks = {
    'gpt-4o': ['claude-sonnet-4-6', 'gemini-3.8-flash'],
    'claude-sonnet-4-6': ['gpt-4o'],
    'gpt-4o-mini': ['gemini-3.5-flash-lite'],
  };
  await json(owner.send('PUT', '/v1/fallbacks', fallbacks));
  const branding = { name: 'North Agency', accent: '#0f766e', logo, reply_to: 'hello@north.example' };
  await json(owner.send('PATCH', '/v1/workspace', { branding }));
  await fillSignOn(owner);
  await invited(gateway, owner, { email: 'ben@north.example', role: 'member' });
  await fillProviders(gateway, owner);
}

/** A vendor, and a server of one's own that takes another key than the stored one. */
async function fillProviders(gateway: TestGateway, owner: Person): Promise<void> {
  const groq = {
    name: 'groq',
    kind: 'openai-compatible',
    base_url: gateway.fakes.mistral.baseUrl,
    api_key: 'gsk-0000-7f3a',
    models: [{ id: 'llama-4-70b', input_usd_per_mtok: 0.59, output_usd_per_mtok: 0.79 }],
  };
  await json(owner.send('POST', '/v1/providers', groq), 201);
  const models = [{ id: 'llama-4-8b', input_usd_per_mtok: 0.05, output_usd_per_mtok: 0.08 }];
  const base_url = gateway.fakes.openai.baseUrl;
  const local = { name: 'local', kind: 'openai-compatible', base_url, api_key: 'local-0000-c41d', models };
  await json(owner.send('POST', '/v1/providers', local), 201);
  const refused = await gateway.post(chat, hello({ model: 'local/llama-4-8b' }));
  expect(refused.ok).toBe(false);
}

/** An identity provider, its domain with the DNS record to make, and a token for SCIM. */
async function fillSignOn(owner: Person): Promise<void> {
  const connection = {
    name: 'Okta',
    slug: 'north',
    provider: 'okta',
    issuer: 'http://127.0.0.1:9/north',
    client_id: '0oa1b2c3',
    client_secret: 'secret-0000',
    domains: ['north.example'],
    default_role: 'viewer',
    group_roles: [{ group: 'Builders', role: 'member' }],
  };
  const { id } = await json<{ id: string }>(owner.send('POST', '/v1/sso-connections', connection), 201);
  await json(owner.send('POST', '/v1/scim-tokens', { connection_id: id, name: 'Okta' }), 201);
}

/** A square of the accent with a white arrow to the north. */
const logo = `data:image/png;base64,${[
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAgMAAADXB5lNAAAACVBMVEUAAAAPdm7////f4OhYAAAAA3RSTlMA//9EUNYhAAAAu0lE',
  'QVR42q3UMQ7DIAwFUDr0CLlPj9AhWCp7F+7jIzDwT9k4MQFCA21Vj0/gLyEbY4yxe5m1rK3lWsJ9gamE+XBD7lxquNUtpEkDUw3z',
  'L2AP9TkQj8CFEfg4AmAABHAfHBD64IHYByDlngAJcA+cQOiBF4g9APbc97CkBqe5RkOYNEYhSuMMXk7TFqOwds6wHXbIoG+QgPQ5',
  'HSfgYiQEHml6nl/NWIZ/zPp4o5olbNa0XeRm1ZvP4PBdvAAEb2h0/RMvpgAAAABJRU5ErkJggg==',
].join('')}`;
