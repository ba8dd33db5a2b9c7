import { globSync, readFileSync } from 'node:fs';
import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changes } from '../../gateway/src/http/audit-request.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * Every operation that changes something has one row in the audit log, in the transaction of the change: each is asked twice, first while
 * its row cannot be written, and then nothing of it may be done. A new operation needs a row here.
 */
const operations = (contract as readonly Operation[]).filter(changes);
const operatorKey = `gw_operator_${'o'.repeat(40)}`;

interface Things {
  budget: string;
  experiment: string;
  raise: string;
  key: string;
  rolled: string;
  provider: string;
  connection: string;
  webhook: string;
  delivery: string;
  invoice: string;
  domain: string;
  sso: string;
  scimToken: string;
  invitation: string;
  member: string;
  person: string;
  operator: string;
  link: string;
  workspace: string;
  incident: string;
  view: string;
}
interface Row {
  ask(things: Things): readonly [path: string, body?: object];
  /** What the row says: of a new thing, of one that is gone, of a change, or of an act that leaves the thing as it is. */
  says: 'new' | 'gone' | 'changed' | 'act';
  asOperator?: true;
}

const month = new Date().toISOString().slice(0, 7);

const blocking = { name: 'Block', when: { field: 'client_id', eq: 'nobody' }, then: { block: { message: 'no' } } };

const rows: Record<string, Row> = {
  'budgets.create': {
    ask: () => ['/v1/budgets', { name: 'new', limit_usd: 1, scope: { client_id: 'new' } }],
    says: 'new',
  },
  'budgets.raises.remove': { ask: ({ budget, raise }) => [`/v1/budgets/${budget}/raises/${raise}`], says: 'changed' },
  'budgets.update': { ask: ({ budget }) => [`/v1/budgets/${budget}`, { limit_usd: 7 }], says: 'changed' },
  'budgets.raise': { ask: ({ budget }) => [`/v1/budgets/${budget}/raise`, { by_usd: 1 }], says: 'changed' },
  'budgets.remove': { ask: ({ budget }) => [`/v1/budgets/${budget}`], says: 'gone' },
  'clients.set': {
    ask: () => ['/v1/clients/acme', { markup_percent: 20, billing_email: 'a@example.com' }],
    says: 'changed',
  },
  'clients.links.create': { ask: () => ['/v1/clients/acme/links', { name: 'board' }], says: 'new' },
  'clients.links.revoke': { ask: ({ link }) => [`/v1/clients/acme/links/${link}`], says: 'gone' },
  'invoices.create': {
    ask: () => ['/v1/invoices', { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() }],
    says: 'new',
  },
  'invoices.all': { ask: () => ['/v1/invoices/all', { period: month }], says: 'new' },
  'invoices.void': { ask: ({ invoice }) => [`/v1/invoices/${invoice}/void`, { reason: 'twice' }], says: 'changed' },
  'clients.erase': { ask: () => ['/v1/clients/hooli/data'], says: 'gone' },
  'scenarios.pause': { ask: () => ['/v1/scenarios/mailer/pause', { reason: 'broken' }], says: 'changed' },
  'scenarios.resume': { ask: () => ['/v1/scenarios/mailer/resume', {}], says: 'changed' },
  'scenarios.limits.set': { ask: () => ['/v1/scenarios/mailer/limits', { max_repeats: 99 }], says: 'changed' },
  'scenarios.name.set': { ask: () => ['/v1/scenarios/mailer/name', { name: 'Newsletter' }], says: 'changed' },
  'cache.clear': { ask: () => ['/v1/cache'], says: 'gone' },
  'stop.create': { ask: () => ['/v1/stop', { client_id: 'acme', reason: 'leak' }], says: 'changed' },
  'stop.remove': { ask: () => ['/v1/stop?client_id=acme'], says: 'changed' },
  'connections.create': {
    ask: () => ['/v1/connections', { platform: 'n8n', base_url: 'http://127.0.0.1:9', token: 'quiet-token' }],
    says: 'new',
  },
  'connections.remove': { ask: ({ connection }) => [`/v1/connections/${connection}`], says: 'gone' },
  'webhooks.create': {
    ask: () => ['/v1/webhooks', { url: `${receiver.url}/quiet-path?token=quiet-token`, events: ['budget.exceeded'] }],
    says: 'new',
  },
  'webhooks.test': { ask: ({ webhook }) => [`/v1/webhooks/${webhook}/test`, {}], says: 'act' },
  'webhooks.resend': {
    ask: ({ webhook, delivery }) => [`/v1/webhooks/${webhook}/deliveries/${delivery}/resend`, {}],
    says: 'act',
  },
  'webhooks.remove': { ask: ({ webhook }) => [`/v1/webhooks/${webhook}`], says: 'gone' },
  'rate-limits.set': { ask: () => ['/v1/rate-limits', { client_id: 'acme', calls_per_minute: 9 }], says: 'changed' },
  'keys.create': { ask: () => ['/v1/keys', { name: 'new' }], says: 'new' },
  'keys.update': { ask: ({ key }) => [`/v1/keys/${key}`, { name: 'renamed' }], says: 'changed' },
  'keys.roll': { ask: ({ rolled }) => [`/v1/keys/${rolled}/roll`, {}], says: 'changed' },
  'keys.revoke': { ask: ({ key }) => [`/v1/keys/${key}`], says: 'gone' },
  'providers.create': {
    ask: () => [
      '/v1/providers',
      { name: 'new', kind: 'openai-compatible', base_url: 'http://127.0.0.1:9', api_key: 'quiet-key' },
    ],
    says: 'new',
  },
  'providers.update': {
    ask: ({ provider }) => [`/v1/providers/${provider}`, { api_key: 'quiet-key-2' }],
    says: 'changed',
  },
  'providers.remove': { ask: ({ provider }) => [`/v1/providers/${provider}`], says: 'gone' },
  'prompts.create': { ask: () => ['/v1/prompts', { id: 'new' }], says: 'new' },
  'prompts.versions.create': {
    ask: () => ['/v1/prompts/old/versions', { messages: [{ role: 'user', content: 'quiet text' }] }],
    says: 'new',
  },
  'prompts.import': {
    ask: () => [
      '/v1/prompts/import',
      {
        source: 'langfuse',
        data: { name: 'critic', version: 1, type: 'text', prompt: 'quiet text', labels: ['staging'] },
      },
    ],
    says: 'new',
  },
  'prompts.update': { ask: () => ['/v1/prompts/old', { name: 'Renamed' }], says: 'changed' },
  'prompts.labels.set': { ask: () => ['/v1/prompts/old/labels/production', { version: 2 }], says: 'changed' },
  'prompts.labels.remove': { ask: () => ['/v1/prompts/old/labels/staging'], says: 'gone' },
  'prompts.remove': { ask: () => ['/v1/prompts/old'], says: 'gone' },
  'fallbacks.set': { ask: () => ['/v1/fallbacks', { 'gpt-4o': ['gpt-4o-mini'] }], says: 'changed' },
  'rules.create': { ask: () => ['/v1/routing/rules', { id: 'new', ...blocking }], says: 'new' },
  'rules.update': { ask: () => ['/v1/routing/rules/old', { enabled: false }], says: 'changed' },
  'rules.order': { ask: () => ['/v1/routing/rules/order', { ids: ['new', 'gone', 'old'] }], says: 'changed' },
  'rules.remove': { ask: () => ['/v1/routing/rules/gone'], says: 'gone' },
  'routing.versions.activate': { ask: () => ['/v1/routing/versions/1/activate', {}], says: 'changed' },
  'routing.heads.activate': { ask: () => ['/v1/routing/heads/none/activate', {}], says: 'changed' },
  'auto.set': { ask: () => ['/v1/routing/auto', { pool: [{ model: 'gpt-4o', class: 'strong' }] }], says: 'changed' },
  'experiments.create': {
    ask: () => [
      '/v1/experiments',
      { name: 'new', arms: [{ name: 'A' }, { name: 'B', effort: 'low' }], metric: 'cost' },
    ],
    says: 'new',
  },
  'experiments.update': {
    ask: ({ experiment }) => [`/v1/experiments/${experiment}`, { priority: 7 }],
    says: 'changed',
  },
  'experiments.start': { ask: ({ experiment }) => [`/v1/experiments/${experiment}/start`, {}], says: 'changed' },
  'experiments.stop': { ask: ({ experiment }) => [`/v1/experiments/${experiment}/stop`, {}], says: 'changed' },
  'experiments.adopt': {
    ask: ({ experiment }) => [`/v1/experiments/${experiment}/adopt`, { arm: 'B' }],
    says: 'changed',
  },
  'workspace.update': { ask: () => ['/v1/workspace', { name: 'Renamed' }], says: 'changed' },
  'workspace.security.set': {
    ask: () => ['/v1/workspace/security', { requires_second_factor: true }],
    says: 'changed',
  },
  'members.create': { ask: () => ['/v1/members', { email: 'new@hand.example', role: 'viewer' }], says: 'new' },
  'members.update': { ask: ({ member }) => [`/v1/members/${member}`, { role: 'viewer' }], says: 'changed' },
  'members.remove': { ask: ({ member }) => [`/v1/members/${member}`], says: 'gone' },
  'invitations.create': { ask: () => ['/v1/invitations', { email: 'quiet@example.com', role: 'member' }], says: 'new' },
  'invitations.remove': { ask: ({ invitation }) => [`/v1/invitations/${invitation}`], says: 'gone' },
  'domains.create': { ask: () => ['/v1/domains', { domain: 'new.example' }], says: 'new' },
  'domains.verify': { ask: ({ domain }) => [`/v1/domains/${domain}/verify`, {}], says: 'changed', asOperator: true },
  'domains.update': { ask: ({ domain }) => [`/v1/domains/${domain}`, { sso_required: true }], says: 'changed' },
  'domains.remove': { ask: ({ domain }) => [`/v1/domains/${domain}`], says: 'gone' },
  'scim-tokens.create': { ask: ({ sso }) => ['/v1/scim-tokens', { connection_id: sso, name: 'new' }], says: 'new' },
  'scim-tokens.remove': { ask: ({ scimToken }) => [`/v1/scim-tokens/${scimToken}`], says: 'gone' },
  'sso-connections.create': { ask: () => ['/v1/sso-connections', connectionNamed('new')], says: 'new' },
  'sso-connections.update': { ask: ({ sso }) => [`/v1/sso-connections/${sso}`, { name: 'renamed' }], says: 'changed' },
  'sso-connections.remove': { ask: ({ sso }) => [`/v1/sso-connections/${sso}`], says: 'gone' },
  'people.update': {
    ask: ({ operator }) => [`/v1/people/${operator}`, { is_operator: false }],
    says: 'changed',
    asOperator: true,
  },
  'people.erase': { ask: ({ person }) => [`/v1/people/${person}`], says: 'gone', asOperator: true },
  'incidents.create': {
    ask: () => ['/v1/incidents', { title: 'Slow', text: 'We look.' }],
    says: 'new',
    asOperator: true,
  },
  'incidents.update': {
    ask: ({ incident }) => [`/v1/incidents/${incident}`, { state: 'identified', text: 'Found.' }],
    says: 'changed',
    asOperator: true,
  },
  'views.create': {
    ask: () => ['/v1/views', { screen: 'calls', name: 'new', query: 'view=failed', shared: true }],
    says: 'new',
  },
  'views.update': { ask: ({ view }) => [`/v1/views/${view}`, { name: 'newer' }], says: 'changed' },
  'views.remove': { ask: ({ view }) => [`/v1/views/${view}`], says: 'gone' },
  'workspaces.create': { ask: () => ['/v1/workspaces', { name: 'new' }], says: 'new', asOperator: true },
  'workspaces.remove': { ask: ({ workspace }) => [`/v1/workspaces/${workspace}`], says: 'gone', asOperator: true },
};

function connectionNamed(slug: string): object {
  return {
    name: slug,
    slug,
    protocol: 'oidc',
    provider: 'other',
    issuer: 'https://idp.example',
    client_id: 'gateway',
    client_secret: 'quiet-secret',
    domains: [`${slug}.example`],
    default_role: 'member',
    group_roles: [],
  };
}

let gateway: TestGateway;
let receiver: Receiver;
let things: Things;

const made = async (path: string, body: object): Promise<string> =>
  (await json<{ id: string }>(gateway.post(path, body), 201)).id;

async function personNamed(name: string, isOperator = false): Promise<{ person: string; member: string }> {
  const { pool } = gateway.database;
  const { rows: found } = await pool.query('select id from workspaces order by created_at limit 1');
  const [{ id: workspace }] = found as [{ id: string }];
  await pool.query('insert into people (id, email, name, is_operator) values ($1, $2, $3, $4)', [
    `per_${name}`,
    `${name}@example.com`,
    name,
    isOperator,
  ]);
  await pool.query(`insert into members (workspace_id, id, person_id, role) values ($1, $2, $3, 'member')`, [
    workspace,
    `mem_${name}`,
    `per_${name}`,
  ]);
  return { person: `per_${name}`, member: `mem_${name}` };
}

beforeAll(async () => {
  receiver = await startReceiver();
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', GATEWAY_OPERATOR_KEY: operatorKey });
  for (const client of ['acme', 'globex', 'hooli', 'initech']) {
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 1_000 } });
    await json(gateway.post(chat, hello({ max_tokens: 1_000 }), { 'x-client-id': client, 'x-scenario-id': 'mailer' }));
  }
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 10 }));
  await json(gateway.send('PUT', '/v1/clients/hooli', { name: 'Hooli' }));
  await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'acme', calls_per_minute: 900 }));
  const budget = await made('/v1/budgets', { name: 'acme', limit_usd: 5, scope: { client_id: 'acme' } });
  const { raise_id: raise } = await json<{ raise_id: string }>(
    gateway.post(`/v1/budgets/${budget}/raise`, { by_usd: 1, until: 'forever' }),
  );
  await made('/v1/prompts', { id: 'old' });
  const text = { messages: [{ role: 'user', content: 'Say hello' }], model: 'gpt-4o' };
  await json(gateway.post('/v1/prompts/old/versions', text), 201);
  for (const label of ['production', 'staging'])
    await json(gateway.send('PUT', `/v1/prompts/old/labels/${label}`, { version: 1 }));
  const webhook = await made('/v1/webhooks', { url: receiver.url, events: ['budget.reset'] });
  const sso = await made('/v1/sso-connections', connectionNamed('old'));
  const { data: domains } = await json<{ data: { id: string; domain: string }[] }>(gateway.get('/v1/domains'));
  await made('/v1/domains', { domain: 'hand.example' });
  await gateway.database.pool.query(`update domains set verified_at = now() where domain = 'hand.example'`);
  for (const id of ['old', 'gone']) await made('/v1/routing/rules', { id, ...blocking });
  things = {
    budget,
    experiment: await made('/v1/experiments', {
      name: 'old',
      arms: [{ name: 'A' }, { name: 'B', effort: 'low' }],
      metric: 'cost',
    }),
    raise,
    key: await made('/v1/keys', { name: 'old' }),
    rolled: await made('/v1/keys', { name: 'rolled' }),
    provider: await made('/v1/providers', {
      name: 'old',
      kind: 'openai-compatible',
      base_url: 'http://127.0.0.1:9',
      api_key: 'quiet-key',
    }),
    connection: await made('/v1/connections', {
      platform: 'n8n',
      base_url: 'http://127.0.0.1:9',
      token: 'quiet-token',
    }),
    webhook,
    delivery: (await json<{ id: string }>(gateway.post(`/v1/webhooks/${webhook}/test`, {}))).id,
    invoice: await made('/v1/invoices', { client_id: 'initech', from: '2026-01-01', to: new Date().toISOString() }),
    domain: domains.find(({ domain }) => domain === 'old.example')?.id ?? '',
    sso,
    scimToken: await made('/v1/scim-tokens', { connection_id: sso, name: 'old' }),
    invitation: await made('/v1/invitations', { email: 'old@example.com', role: 'member' }),
    member: (await personNamed('ada')).member,
    person: (await personNamed('grace')).person,
    operator: (await personNamed('joan', true)).person,
    link: await made('/v1/clients/acme/links', { name: 'old' }),
    view: await made('/v1/views', { screen: 'calls', name: 'old', query: 'view=refused', shared: true }),
    workspace: (await json<{ id: string }>(asOperator('POST', '/v1/workspaces', { name: 'old' }), 201)).id,
    incident: (await json<{ id: string }>(asOperator('POST', '/v1/incidents', { title: 'Old', text: 'Old.' }), 201)).id,
  };
  await gateway.database.pool.query(
    `create table refused_operations (operation text);
     create function refuse_audit() returns trigger language plpgsql as $$
     begin
       if exists (select 1 from refused_operations r where r.operation = new.operation) then raise exception 'refused by the test'; end if;
       return new;
     end $$;
     create trigger refuse_audit before insert on audit_log for each row execute function refuse_audit()`,
  );
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const asOperator = (method: string, path: string, body?: object): Promise<Response> =>
  gateway.send(method, path, body, { authorization: `Bearer ${operatorKey}` });

/** Tables that jobs and deliveries write while nobody changes anything. */
const restless =
  /^(audit_log|refused_operations|processes|leases|meters|unposted_|idempotent_|usage_|call|latency_|execution_|experiment_|deliveries|tag_values|refusals|provider_states|status_|slow_models|task_rates|schema_migrations|erased_)/;

/** A digest of every table that only changes write. */
async function digests(): Promise<Record<string, string>> {
  const { pool } = gateway.database;
  const { rows: tables } = await pool.query(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const names = (tables as { name: string }[]).map(({ name }) => name).filter((name) => !restless.test(name));
  const parts = names.map(
    (name) =>
      `select '${name}' as name, md5(coalesce(string_agg(row, ',' order by row), '')) as digest from (
         select (to_jsonb(t) - 'last_used_at' - 'last_seen_at' - 'seen_at')::text as row from ${name} t) one`,
  );
  const { rows: found } = await pool.query(parts.join(' union all '));
  return Object.fromEntries((found as { name: string; digest: string }[]).map(({ name, digest }) => [name, digest]));
}

async function auditRows(operation: string): Promise<Record<string, unknown>[]> {
  const { rows: found } = await gateway.database.pool.query(
    'select * from audit_log where operation = $1 order by created_at, id',
    [operation],
  );
  return found;
}

describe.each(Object.entries(rows))('%s', (id, { ask, says, asOperator: byOperator }) => {
  const { method } = operations.find((operation) => operation.id === id) ?? { method: '' };
  const send = (): Promise<Response> => {
    const [path, body] = ask(things);
    return byOperator ? asOperator(method, path, body) : gateway.send(method, path, body);
  };

  it('does nothing when its row cannot be written, and has one row when it can', async () => {
    const { pool } = gateway.database;
    const known = await auditRows(id);
    await pool.query('insert into refused_operations values ($1)', [id]);
    const before = await digests();
    const refused = await send();
    expect(`${refused.status} ${await refused.text()}`).toMatch(/^5\d\d /);
    expect(await digests()).toEqual(before);
    await pool.query('delete from refused_operations');
    const answer = await send();
    expect(`${answer.status} ${await answer.text()}`).toMatch(/^20[0-4] /);
    const [row, ...more] = (await auditRows(id)).slice(known.length);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      actor_type: byOperator ? 'operator' : 'key',
      request_id: answer.headers.get('x-request-id'),
      address: '127.0.0.1',
    });
    expect(row?.target_id).not.toBe('');
    const [isThere, isLeft] = [row?.before !== null, row?.after !== null];
    expect([isThere, isLeft]).toEqual(
      { new: [false, true], act: [false, true], gone: [true, false], changed: [true, true] }[says],
    );
    // A change names what is different.
    if (says === 'changed') expect(row?.after).not.toEqual(row?.before);
    if (says !== 'act') expect(await digests()).not.toEqual(before);
  }, 30_000);
});

it('the rows name every operation that changes something, but for those of people who are signed in', () => {
  const left = operations.map(({ id }) => id).filter((id) => !(id in rows));
  expect(left.filter((id) => !/^(me|session|sessions)\./.test(id))).toEqual([]);
});

it('the handler of every operation that changes something writes its row itself', () => {
  const root = new URL('../../gateway/src/', import.meta.url).pathname;
  const sources = globSync('**/*handlers.ts', { cwd: root }).map((file) => readFileSync(`${root}${file}`, 'utf8'));
  const silent = operations
    .map(({ id }) => id)
    .filter((id) => {
      const source = sources.find((text) => text.includes(`\n  '${id}': `)) ?? '';
      const body = source.slice(source.indexOf(`\n  '${id}': `) + 1);
      const end = body.search(/\n {2}('|\w+:)|\n};/);
      return !/\baudit\b|context\b/.test(body.slice(0, end));
    });
  expect(silent).toEqual([]);
});

it('no secret and no address is in any row', async () => {
  const { rows: found } = await gateway.database.pool.query('select a::text as text from audit_log a');
  const text = (found as { text: string }[]).map((row) => row.text).join('\n');
  expect(text).not.toMatch(/quiet|gw_(live|test|scim|operator)_|whsec_|a@example\.com/);
  await eventually(() => expect(text.length).toBeGreaterThan(1_000));
});
