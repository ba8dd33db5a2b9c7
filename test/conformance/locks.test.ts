import type { contract } from '@ai-gateway/shared/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/**
 * A lock binds everywhere: everything an operation touches carries every locked tag of the key, or is hidden from it. Two clients
 * share a workspace; acme's keys, one for each tag and role, ask every operation of the contract for what is globex's. A new
 * operation needs a row here.
 */
let gateway: TestGateway;
let receiver: Receiver;

type As = Record<string, string>;
type Ask = readonly [method: string, path: string, body?: object, headers?: As];
interface Row {
  /** Asks for a thing of globex's by its opaque id: refused to every locked key, and to test keys. */
  ids?: (globex: Things) => readonly Ask[];
  /** Asks for what is named by globex's tags, or for what is everybody's: refused to every locked key. */
  named?: (globex: Things) => readonly Ask[];
  /** May answer; then nothing of globex's is in it. */
  reads?: readonly Ask[];
}
interface Things {
  call: string;
  experiment: string;
  budget: string;
  raise: string;
  link: string;
  background: string;
  invoice: string;
  webhook: string;
  delivery: string;
  key: string;
  provider: string;
  connection: string;
  sso: string;
  domain: string;
  scimToken: string;
  view: string;
}

const tagsOf = (name: string, platform: string) => ({
  client_id: name,
  project: `${name}-news`,
  scenario_id: `${name}-mailer`,
  scenario_platform: platform,
});
const acmes = tagsOf('acme', 'make');
const globexs = tagsOf('globex', 'globex-platform');
const headersOf = (tags: typeof acmes): As => ({
  'x-client-id': tags.client_id,
  'x-project': tags.project,
  'x-scenario-id': tags.scenario_id,
  'x-scenario-platform': tags.scenario_platform,
});
const asGlobex = headersOf(globexs);
const { scenario_platform: _platform, ...budgetScope } = globexs;
const october = { from: '2020-01-01', to: '2020-02-01' };

const globexRule = {
  id: 'globex',
  name: 'Globex Inc. blocks',
  when: { field: 'client_id', eq: 'globex' },
  then: { block: { message: 'globex only' } },
};

const rows: Record<(typeof contract)[number]['id'], Row> = {
  'chat.complete': { named: () => [['POST', chat, hello(), asGlobex]] },
  'responses.create': { named: () => [['POST', '/v1/responses', { model: 'gpt-4o', input: 'Hi' }, asGlobex]] },
  'messages.create': {
    named: () => [['POST', '/v1/messages', { ...hello(), model: 'claude-sonnet-4-6', max_tokens: 5 }, asGlobex]],
  },
  'messages.countTokens': {
    named: () => [['POST', '/v1/messages/count_tokens', { ...hello(), model: 'claude-sonnet-4-6' }, asGlobex]],
  },
  'embeddings.create': {
    named: () => [['POST', '/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }, asGlobex]],
  },
  'background.create': {
    named: () => [['POST', `${chat}/background`, { ...hello(), callback_url: 'http://127.0.0.1:9/' }, asGlobex]],
  },
  'background.get': { ids: ({ background }) => [['GET', `${chat}/background/${background}`]] },
  'me.get': { reads: [['GET', '/v1/me']] },
  'test-calls.create': { reads: [['POST', '/v1/test-calls', {}]] },
  'session.get': { named: () => [['GET', '/v1/session']] },
  'session.update': { named: () => [['PATCH', '/v1/session', { workspace_id: 'ws_01k2' }]] },
  'sessions.list': { named: () => [['GET', '/v1/sessions']] },
  'sessions.remove': { named: () => [['DELETE', '/v1/sessions/ses_01k2']] },
  'sessions.clear': { named: () => [['DELETE', '/v1/sessions']] },
  'me.password': { named: () => [['PUT', '/v1/me/password', { password: 'three random words' }]] },
  'models.list': { reads: [['GET', '/v1/models']] },
  'models.get': { reads: [['GET', '/v1/models/gpt-4o']] },
  'budgets.check': {
    reads: [
      ['GET', '/v1/budgets/check'],
      ['GET', '/v1/budgets/check?client_id=globex'],
      ['GET', '/v1/budgets/check?project=globex-news&scenario_id=globex-mailer'],
      ['GET', '/v1/budgets/check?model=openai/nobody-knows'],
    ],
  },
  'budgets.create': {
    named: ({ key }) => [['POST', '/v1/budgets', { name: 'b', limit_usd: 1, scope: { ...budgetScope, key_id: key } }]],
  },
  'budgets.list': {
    reads: [
      ['GET', '/v1/budgets'],
      ['GET', '/v1/budgets?client_id=globex'],
    ],
  },
  'budgets.get': { ids: ({ budget }) => [['GET', `/v1/budgets/${budget}`]] },
  'budgets.update': { ids: ({ budget }) => [['PATCH', `/v1/budgets/${budget}`, { limit_usd: 2 }]] },
  'budgets.remove': { ids: ({ budget }) => [['DELETE', `/v1/budgets/${budget}`]] },
  'budgets.raise': { ids: ({ budget }) => [['POST', `/v1/budgets/${budget}/raise`, { by_usd: 1 }]] },
  'budgets.raises.remove': { ids: ({ budget, raise }) => [['DELETE', `/v1/budgets/${budget}/raises/${raise}`]] },
  'budgets.history': { ids: ({ budget }) => [['GET', `/v1/budgets/${budget}/history`]] },
  'budgets.instances': { ids: ({ budget }) => [['GET', `/v1/budgets/${budget}/instances`]] },
  'usage.clients': {
    reads: ['client', 'project', 'scenario', 'key', 'model', 'provider', 'platform', 'day', 'hour'].flatMap(
      (group): Ask[] => [
        ['GET', `/v1/usage/clients?group_by=${group}`],
        ['GET', `/v1/usage/clients?group_by=${group}&client_id=globex`],
        ['GET', `/v1/usage/clients?group_by=${group}&format=csv`],
      ],
    ),
  },
  'usage.requests': {
    reads: [
      ['GET', '/v1/usage/requests'],
      ['GET', '/v1/usage/requests?format=csv'],
      ['GET', '/v1/usage/requests?client_id=globex'],
      ['GET', '/v1/usage/requests?project=globex-news&scenario_id=globex-mailer'],
      ['GET', '/v1/usage/requests?scenario_platform=globex-platform'],
      ['GET', '/v1/usage/requests?provider=openai&failed_over=false&min_cost_usd=0.000001'],
      ['GET', '/v1/usage/requests?status=refused'],
    ],
  },
  'usage.request': { ids: ({ call }) => [['GET', `/v1/usage/requests/${call}`]] },
  'usage.series': {
    reads: ['client', 'project', 'scenario', 'key', 'model', 'provider', 'platform'].flatMap((group): Ask[] => [
      ['GET', `/v1/usage/series?group_by=${group}`],
      ['GET', `/v1/usage/series?group_by=${group}&metric=requests&compare=true`],
      ['GET', `/v1/usage/series?group_by=${group}&interval=hour&client_id=globex`],
    ]),
  },
  'usage.movers': {
    reads: ['client', 'project', 'scenario', 'key', 'model', 'provider', 'platform'].flatMap((group): Ask[] => [
      ['GET', `/v1/usage/movers?group_by=${group}`],
      ['GET', `/v1/usage/movers?group_by=${group}&scenario_id=globex-mailer`],
    ]),
  },
  'usage.latency': {
    reads: ['model', 'provider', 'client', 'hour', 'day'].flatMap((group): Ask[] => [
      ['GET', `/v1/usage/latency?group_by=${group}`],
      ['GET', `/v1/usage/latency?group_by=${group}&client_id=globex`],
    ]),
  },
  'refusals.list': {
    reads: [
      ['GET', '/v1/refusals'],
      ['GET', '/v1/refusals?client_id=globex'],
      ['GET', '/v1/refusals?scenario_id=globex-mailer'],
    ],
  },
  'refusals.summary': {
    reads: [
      ['GET', '/v1/refusals/summary'],
      ['GET', '/v1/refusals/summary?client_id=globex'],
    ],
  },
  'clients.list': {
    reads: [
      ['GET', '/v1/clients'],
      ['GET', '/v1/clients?search=globex'],
    ],
  },
  'clients.get': { named: () => [['GET', '/v1/clients/globex']] },
  'clients.set': { named: () => [['PUT', '/v1/clients/globex', { name: 'Mine' }]] },
  'clients.erase': { named: () => [['DELETE', '/v1/clients/globex/data']] },
  'clients.links.create': { named: () => [['POST', '/v1/clients/globex/links', { name: 'Mine' }]] },
  'clients.links.list': { named: () => [['GET', '/v1/clients/globex/links']] },
  'clients.links.revoke': { ids: ({ link }) => [['DELETE', `/v1/clients/globex/links/${link}`]] },
  'projects.list': {
    reads: [
      ['GET', '/v1/projects'],
      ['GET', '/v1/projects?search=globex'],
    ],
  },
  'invoices.create': { named: () => [['POST', '/v1/invoices', { client_id: 'globex', ...october }]] },
  'invoices.list': {
    reads: [
      ['GET', '/v1/invoices'],
      ['GET', '/v1/invoices?client_id=globex'],
    ],
  },
  'invoices.preview': {
    reads: [['GET', '/v1/invoices/preview?period=2026-01']],
    named: () => [['GET', '/v1/invoices/preview?period=2026-01&client_id=globex']],
  },
  'invoices.all': { named: () => [['POST', '/v1/invoices/all', { period: 'last_month' }]] },
  'invoices.get': {
    ids: ({ invoice }) => [
      ['GET', `/v1/invoices/${invoice}`],
      ['GET', `/v1/invoices/${invoice}?format=csv`],
      ['GET', `/v1/invoices/${invoice}?format=html`],
    ],
  },
  'invoices.void': { ids: ({ invoice }) => [['POST', `/v1/invoices/${invoice}/void`, {}]] },
  'plan.get': { named: () => [['GET', '/v1/plan']] },
  'plan.checkout': { named: () => [['POST', '/v1/plan/checkout', {}]] },
  'plan.portal': { named: () => [['POST', '/v1/plan/portal', {}]] },
  'scenarios.list': {
    reads: [
      ['GET', '/v1/scenarios'],
      ['GET', '/v1/scenarios?search=globex'],
    ],
  },
  'scenarios.pause': {
    named: () => ['globex-mailer', '*'].map((id): Ask => ['POST', `/v1/scenarios/${id}/pause`, {}]),
  },
  'scenarios.resume': {
    named: () => ['globex-mailer', '*'].map((id): Ask => ['POST', `/v1/scenarios/${id}/resume`, {}]),
  },
  'scenarios.limits.get': {
    named: () => ['globex-mailer', '*'].map((id): Ask => ['GET', `/v1/scenarios/${id}/limits`]),
  },
  'scenarios.limits.set': {
    named: () => ['globex-mailer', '*'].map((id): Ask => ['PUT', `/v1/scenarios/${id}/limits`, { max_repeats: null }]),
  },
  'scenarios.name.set': { named: () => [['PUT', '/v1/scenarios/globex-mailer/name', { name: 'Stolen' }]] },
  'scenarios.names': { named: () => [['GET', '/v1/scenario-names']] },
  'connections.create': {
    named: () => [['POST', '/v1/connections', { platform: 'n8n', base_url: 'http://127.0.0.1:9', token: 't' }]],
  },
  'connections.list': { named: () => [['GET', '/v1/connections']] },
  'connections.remove': { ids: ({ connection }) => [['DELETE', `/v1/connections/${connection}`]] },
  'webhooks.create': {
    named: () => [['POST', '/v1/webhooks', { url: receiver.url, events: ['budget.exceeded'], filter: budgetScope }]],
  },
  'webhooks.list': { reads: [['GET', '/v1/webhooks']] },
  'webhooks.remove': { ids: ({ webhook }) => [['DELETE', `/v1/webhooks/${webhook}`]] },
  'webhooks.test': { ids: ({ webhook }) => [['POST', `/v1/webhooks/${webhook}/test`, {}]] },
  'webhooks.deliveries': { ids: ({ webhook }) => [['GET', `/v1/webhooks/${webhook}/deliveries`]] },
  'webhooks.resend': {
    ids: ({ webhook, delivery }) => [['POST', `/v1/webhooks/${webhook}/deliveries/${delivery}/resend`, {}]],
  },
  // Hints name kinds of things, and nothing of them.
  'live.watch': {},
  'events.list': {
    reads: [
      ['GET', '/v1/events'],
      ['GET', '/v1/events?client_id=globex'],
      ['GET', '/v1/events?project=globex-news'],
      ['GET', '/v1/events?scenario_id=globex-mailer'],
    ],
  },
  'rate-limits.set': {
    named: ({ key }) =>
      [
        { client_id: 'globex' },
        { client_id: '*' },
        { scenario_id: 'globex-mailer' },
        { scenario_id: '*' },
        { key_id: key },
        { key_id: '*' },
      ].map((subject): Ask => ['PUT', '/v1/rate-limits', { ...subject, calls_per_minute: 1 }]),
  },
  'rate-limits.list': { reads: [['GET', '/v1/rate-limits']] },
  'keys.create': {
    named: () => [
      ['POST', '/v1/keys', { name: 'k' }],
      ['POST', '/v1/keys', { name: 'k', tags: globexs, locked_tags: Object.keys(globexs) }],
    ],
  },
  'keys.list': { reads: [['GET', '/v1/keys']] },
  'keys.update': { ids: ({ key }) => [['PATCH', `/v1/keys/${key}`, { name: 'Mine' }]] },
  'keys.roll': { ids: ({ key }) => [['POST', `/v1/keys/${key}/roll`, {}]] },
  'keys.revoke': { ids: ({ key }) => [['DELETE', `/v1/keys/${key}`]] },
  'members.list': { named: () => [['GET', '/v1/members']] },
  'members.create': { named: () => [['POST', '/v1/members', { email: 'mallory@globex.example', role: 'owner' }]] },
  'members.update': { named: () => [['PATCH', '/v1/members/mem_01k2', { role: 'viewer' }]] },
  'members.remove': { named: () => [['DELETE', '/v1/members/mem_01k2']] },
  'invitations.create': {
    named: () => [['POST', '/v1/invitations', { email: 'mallory@globex.example', role: 'owner' }]],
  },
  'invitations.list': { named: () => [['GET', '/v1/invitations']] },
  'invitations.remove': { named: () => [['DELETE', '/v1/invitations/inv_01k2']] },
  'me.totp.create': { named: () => [['POST', '/v1/me/totp', {}]] },
  'me.totp.verify': { named: () => [['POST', '/v1/me/totp/verify', { code: '123456' }]] },
  'me.totp.remove': { named: () => [['DELETE', '/v1/me/totp']] },
  'me.passkeys.list': { named: () => [['GET', '/v1/me/passkeys']] },
  'me.passkeys.prepare': { named: () => [['POST', '/v1/me/passkeys/options', {}]] },
  'me.passkeys.create': { named: () => [['POST', '/v1/me/passkeys', { response: {} }]] },
  'me.passkeys.remove': { named: () => [['DELETE', '/v1/me/passkeys/pk_01k2']] },
  'me.email': { named: () => [['POST', '/v1/me/email', { email: 'mallory@globex.example' }]] },
  'me.erase': { named: () => [['DELETE', '/v1/me']] },
  'people.list': { named: () => [['GET', '/v1/people']] },
  'people.update': { named: () => [['PATCH', '/v1/people/per_01k2', { is_operator: true }]] },
  'people.erase': { named: () => [['DELETE', '/v1/people/per_01k2']] },
  'workspace.security.get': { reads: [['GET', '/v1/workspace/security']] },
  'workspace.security.set': {
    named: () => [['PUT', '/v1/workspace/security', { requires_second_factor: true }]],
  },
  'providers.create': {
    named: () => [['POST', '/v1/providers', { name: 'openai', kind: 'openai', api_key: 'k' }]],
  },
  'providers.list': { named: () => [['GET', '/v1/providers']] },
  'providers.update': { ids: ({ provider }) => [['PATCH', `/v1/providers/${provider}`, { models: [] }]] },
  'providers.remove': { ids: ({ provider }) => [['DELETE', `/v1/providers/${provider}`]] },
  'sso-connections.create': {
    named: () => [
      [
        'POST',
        '/v1/sso-connections',
        { name: 's', slug: 'locks', issuer: 'http://127.0.0.1:9', client_id: 'c', client_secret: 's' },
      ],
    ],
  },
  'sso-connections.list': { named: () => [['GET', '/v1/sso-connections']] },
  'sso-connections.update': { ids: ({ sso }) => [['PATCH', `/v1/sso-connections/${sso}`, { session_hours: 2 }]] },
  'sso-connections.remove': { ids: ({ sso }) => [['DELETE', `/v1/sso-connections/${sso}`]] },
  'domains.create': { named: () => [['POST', '/v1/domains', { domain: 'globex.example' }]] },
  'domains.list': { named: () => [['GET', '/v1/domains']] },
  'domains.update': { ids: ({ domain }) => [['PATCH', `/v1/domains/${domain}`, { sso_required: false }]] },
  'domains.verify': { ids: ({ domain }) => [['POST', `/v1/domains/${domain}/verify`, {}]] },
  'domains.remove': { ids: ({ domain }) => [['DELETE', `/v1/domains/${domain}`]] },
  'scim-tokens.create': { named: ({ sso }) => [['POST', '/v1/scim-tokens', { connection_id: sso }]] },
  'scim-tokens.list': { named: () => [['GET', '/v1/scim-tokens']] },
  'scim-tokens.remove': { ids: ({ scimToken }) => [['DELETE', `/v1/scim-tokens/${scimToken}`]] },
  'prompts.create': { named: () => [['POST', '/v1/prompts', { id: 'mine' }]] },
  // Both modes share the prompts; e2e/prompts.test.ts looks at what a locked key is shown of them.
  'prompts.list': {},
  'prompts.import': { named: () => [['POST', '/v1/prompts/import', { source: 'files', data: [] }]] },
  'prompts.export': { named: () => [['GET', '/v1/prompts/export']] },
  'prompts.get': { named: () => [['GET', '/v1/prompts/for-globex']] },
  'prompts.update': { named: () => [['PATCH', '/v1/prompts/for-globex', { name: 'Mine' }]] },
  'prompts.remove': { named: () => [['DELETE', '/v1/prompts/for-globex']] },
  'prompts.versions.create': {
    named: () => [['POST', '/v1/prompts/for-globex/versions', { messages: [{ role: 'user', content: 'x' }] }]],
  },
  'prompts.versions.get': { named: () => [['GET', '/v1/prompts/for-globex/versions/1']] },
  'prompts.diff': { named: () => [['GET', '/v1/prompts/for-globex/diff?from=1&to=1']] },
  'prompts.fields': { named: () => [['GET', '/v1/prompts/for-globex/fields']] },
  'prompts.labels.set': { named: () => [['PUT', '/v1/prompts/for-globex/labels/staging', { version: 1 }]] },
  'prompts.labels.remove': { named: () => [['DELETE', '/v1/prompts/for-globex/labels/production']] },
  'prompts.render': { named: () => [['POST', '/v1/prompts/for-globex/render', {}]] },
  'prompts.run': { named: () => [['POST', '/v1/prompts/for-globex/run', {}]] },
  'prompts.metrics': { named: () => [['GET', '/v1/prompts/for-globex/metrics']] },
  'fallbacks.get': { reads: [['GET', '/v1/fallbacks']] },
  'fallbacks.set': { named: () => [['PUT', '/v1/fallbacks', {}]] },
  'cache.clear': {
    named: () => [
      ['DELETE', '/v1/cache?client_id=globex'],
      ['DELETE', '/v1/cache'],
    ],
  },
  'cache.stats': { named: () => [['GET', '/v1/cache/stats']] },
  'savings.get': { named: () => [['GET', '/v1/savings?group_by=client']] },
  'rules.list': { named: () => [['GET', '/v1/routing/rules']] },
  'rules.create': { named: () => [['POST', '/v1/routing/rules', globexRule]] },
  'rules.update': { named: () => [['PATCH', '/v1/routing/rules/globex', { enabled: false }]] },
  'rules.remove': { named: () => [['DELETE', '/v1/routing/rules/globex']] },
  'rules.order': { named: () => [['PUT', '/v1/routing/rules/order', { ids: ['globex'] }]] },
  'rules.test': { named: () => [['POST', '/v1/routing/rules/test', { rule: globexRule }]] },
  'routing.versions.list': { named: () => [['GET', '/v1/routing/versions']] },
  'routing.versions.activate': { named: () => [['POST', '/v1/routing/versions/1/activate', {}]] },
  'routing.heads.list': { named: () => [['GET', '/v1/routing/heads']] },
  'routing.heads.activate': { named: () => [['POST', '/v1/routing/heads/none/activate', {}]] },
  'routing.explain': {
    reads: [['POST', '/v1/routing/explain', hello()]],
    named: () => [
      ['POST', '/v1/routing/explain', { ...hello(), ...globexs }],
      ['POST', '/v1/routing/explain', hello(), asGlobex],
    ],
  },
  'stop.create': { named: () => [['POST', '/v1/stop', { client_id: 'globex' }]] },
  'stop.get': { reads: [['GET', '/v1/stop']] },
  'stop.remove': { named: () => [['DELETE', '/v1/stop?client_id=globex']] },
  'audit.list': { named: () => [['GET', '/v1/audit']] },
  'auto.get': { reads: [['GET', '/v1/routing/auto']] },
  'auto.set': { named: () => [['PUT', '/v1/routing/auto', { pool: [] }]] },
  'auto.tasks': { named: () => [['GET', '/v1/routing/auto/tasks']] },
  'experiments.create': {
    named: () => [
      [
        'POST',
        '/v1/experiments',
        { name: 'mine', arms: [{ name: 'A' }, { name: 'B', effort: 'low' }], metric: 'cost' },
      ],
    ],
  },
  'experiments.list': { named: () => [['GET', '/v1/experiments']] },
  'experiments.get': { named: ({ experiment }) => [['GET', `/v1/experiments/${experiment}`]] },
  'experiments.update': { named: ({ experiment }) => [['PATCH', `/v1/experiments/${experiment}`, { priority: 1 }]] },
  'experiments.start': { named: ({ experiment }) => [['POST', `/v1/experiments/${experiment}/start`, {}]] },
  'experiments.stop': { named: ({ experiment }) => [['POST', `/v1/experiments/${experiment}/stop`, {}]] },
  'experiments.adopt': {
    named: ({ experiment }) => [['POST', `/v1/experiments/${experiment}/adopt`, { arm: 'A' }]],
  },
  'experiments.results': { named: ({ experiment }) => [['GET', `/v1/experiments/${experiment}/results`]] },
  'feedback.list': {
    reads: [
      ['GET', '/v1/feedback'],
      ['GET', '/v1/feedback?client_id=globex'],
      ['GET', '/v1/feedback?project=globex-news&scenario_id=globex-mailer'],
    ],
  },
  'feedback.create': {
    ids: ({ call }) => [['POST', '/v1/feedback', { request_id: call, score: 'down' }]],
    named: () => [
      ['POST', '/v1/feedback', { execution_id: 'globex-run', scenario_id: 'globex-mailer', score: 'down' }],
    ],
  },
  'sla.get': { reads: [['GET', '/v1/sla']] },
  'incidents.list': { named: () => [['GET', '/v1/incidents']] },
  'incidents.create': { named: () => [['POST', '/v1/incidents', { title: 'x', text: 'x' }]] },
  'incidents.update': { named: () => [['PATCH', '/v1/incidents/inc_01k2', { text: 'x' }]] },
  'workspaces.list': { named: () => [['GET', '/v1/workspaces']] },
  'operator.health': { named: () => [['GET', '/v1/operator/health']] },
  'workspaces.create': { named: () => [['POST', '/v1/workspaces', { name: 'x' }]] },
  'workspaces.remove': { named: () => [['DELETE', '/v1/workspaces/ws_01k2']] },
  'views.list': { named: () => [['GET', '/v1/views']] },
  'views.create': {
    named: () => [['POST', '/v1/views', { screen: 'calls', name: 'Mine', query: 'client_id=globex', shared: true }]],
  },
  'views.update': { ids: ({ view }) => [['PATCH', `/v1/views/${view}`, { name: 'Mine' }]] },
  'views.remove': { ids: ({ view }) => [['DELETE', `/v1/views/${view}`]] },
  'workspace.get': { reads: [['GET', '/v1/workspace']] },
  'workspace.update': { named: () => [['PATCH', '/v1/workspace', { name: 'x' }]] },
  // e2e/export-workspace.test.ts unpacks the ZIP and looks at its content.
  'workspace.export': {
    reads: [
      ['GET', '/v1/workspace/export'],
      ['GET', '/v1/workspace/export?client_id=globex'],
    ],
  },
};

const bearer = (key: string): As => ({ authorization: `Bearer ${key}` });
const made = async <T extends { id: string }>(path: string, body: object, as: As = {}): Promise<T> =>
  json<T>(gateway.post(path, body, as), 201);
const newKey = async (body: object): Promise<{ id: string; as: As }> => {
  const { id, key } = await made<{ id: string; key: string }>('/v1/keys', { name: 'k', ...body });
  return { id, as: bearer(key) };
};
let globex: Things;
const asked = (): Promise<string[]> =>
  Promise.all(
    [
      '/v1/budgets?client_id=globex',
      `/v1/webhooks/${globex.webhook}/deliveries`,
      '/v1/clients/globex',
      '/v1/clients/globex/links',
      '/v1/scenarios/globex-mailer/limits',
      '/v1/scenarios/*/limits',
      '/v1/scenarios?search=globex',
      `/v1/invoices/${globex.invoice}`,
      '/v1/rate-limits',
      '/v1/providers',
      '/v1/connections',
      '/v1/fallbacks',
      '/v1/prompts/for-globex',
      '/v1/views',
      '/v1/usage/clients?client_id=globex',
    ].map(async (path) =>
      // The calls of the last minute become fewer by themselves.
      JSON.stringify(await json(gateway.get(path))).replace(/"calls_per_minute":\d+,"source_stop"/, '"source_stop"'),
    ),
  );

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  receiver = await startReceiver();
  let call = '';
  for (const tags of [acmes, globexs]) {
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 100 } });
    const answer = await gateway.post(chat, hello({ max_tokens: 100 }), headersOf(tags));
    await json(answer);
    call = answer.headers.get('x-request-id') ?? '';
  }
  await json(gateway.post('/v1/feedback', { request_id: call, score: 'down', comment: 'globex pays late' }));
  await json(gateway.send('PUT', '/v1/clients/globex', { name: 'Globex Inc.', notes: 'globex pays late' }));
  await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'globex', calls_per_minute: 900 }));
  await json(gateway.send('PUT', '/v1/rate-limits', { scenario_id: 'globex-mailer', calls_per_minute: 900 }));
  await json(gateway.send('PUT', '/v1/scenarios/globex-mailer/limits', { max_repeats: 240 }));
  const key = await newKey({
    name: 'globex key',
    role: 'member',
    tags: globexs,
    locked_tags: ['client_id', 'project'],
  });
  const webhook = await made('/v1/webhooks', { url: `${receiver.url}/globex`, events: ['budget.exceeded'] }, key.as);
  const delivery = await json<{ id: string }>(gateway.post(`/v1/webhooks/${webhook.id}/test`, {}, key.as));
  const background = await json<{ id: string }>(
    gateway.post(`${chat}/background`, { ...hello(), callback_url: receiver.url }, key.as),
    202,
  );
  const all = { name: 'globex budget', limit_usd: 0.0011, on_limit: 'notify' };
  const budget = await made('/v1/budgets', { ...all, scope: { client_id: 'globex' } });
  const { raise_id: raise } = await json<{ raise_id: string }>(
    gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: 0.0001 }),
  );
  await made('/v1/budgets', { ...all, name: 'globex project', scope: { project: 'globex-news' } });
  await made('/v1/budgets', { name: 'globex and all others', limit_usd: 50, scope: {} });
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 500 } });
  await json(gateway.post(chat, hello({ max_tokens: 500 }), asGlobex));
  await eventually(async () => expect(await (await gateway.get('/v1/events')).text()).toContain('globex'));
  await made('/v1/prompts', { id: 'for-globex', client_ids: ['globex'] });
  await json(
    gateway.post('/v1/prompts/for-globex/versions', {
      messages: [{ role: 'user', content: 'globex pays late' }],
      model: 'gpt-4o',
    }),
    201,
  );
  await json(gateway.send('PUT', '/v1/prompts/for-globex/labels/production', { version: 1 }));
  const sso = await made('/v1/sso-connections', {
    name: 'Globex Inc. SSO',
    slug: 'globex',
    issuer: 'http://127.0.0.1:9',
    client_id: 'globex',
    client_secret: 's',
  });
  const experiment = await made('/v1/experiments', {
    name: 'globex tone',
    arms: [{ name: 'A' }, { name: 'B', effort: 'low' }],
    metric: 'cost',
  });
  globex = {
    call,
    experiment: experiment.id,
    sso: sso.id,
    domain: (await made('/v1/domains', { domain: 'globex.example' })).id,
    scimToken: (await made('/v1/scim-tokens', { connection_id: sso.id })).id,
    view: (await made('/v1/views', { screen: 'calls', name: 'globex calls', query: 'client_id=globex', shared: true }))
      .id,
    key: key.id,
    webhook: webhook.id,
    delivery: delivery.id,
    background: background.id,
    budget: budget.id,
    raise,
    link: (await made('/v1/clients/globex/links', { name: 'globex link' })).id,
    invoice: (await made('/v1/invoices', { client_id: 'globex', from: '2026-01-01', to: new Date().toISOString() })).id,
    provider: (
      await made('/v1/providers', {
        name: 'globex-models',
        kind: 'openai-compatible',
        base_url: 'http://127.0.0.1:9',
        api_key: 'k',
      })
    ).id,
    connection: (await made('/v1/connections', { platform: 'n8n', base_url: 'http://127.0.0.1:9', token: 't' })).id,
  };
  await eventually(async () =>
    expect(await json(gateway.get(`${chat}/background/${background.id}`, key.as))).toMatchObject({
      status: 'completed',
    }),
  );
});
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const ask = async ([method, path, body, headers = {}]: Ask, as: As): Promise<{ status: number; text: string }> => {
  const answer = await gateway.send(method, path, body, { ...as, ...headers });
  return { status: answer.status, text: await answer.text() };
};
const refused = async (one: Ask, as: As): Promise<void> => {
  const { status, text } = await ask(one, as);
  expect([one[0], one[1], [401, 403, 404].includes(status) ? 'refused' : `${status} ${text}`]).toEqual([
    one[0],
    one[1],
    'refused',
  ]);
  // Only the requested name may be repeated.
  for (const secret of ['globex budget', 'globex pays', 'globex key', 'globex link', 'Globex Inc'])
    expect(text).not.toContain(secret);
};
const showsNothing = async (one: Ask, as: As): Promise<void> => {
  const { status, text } = await ask(one, as);
  if (status < 300)
    expect([one[1], text.replaceAll('globex-models', '')]).toEqual([one[1], expect.not.stringMatching(/globex/i)]);
  else expect([one[1], status]).toEqual([one[1], expect.toBeOneOf([403, 404])]);
};
const operations = Object.entries(rows);
const locks = (['client_id', 'project', 'scenario_id', 'scenario_platform'] as const).flatMap((tag) =>
  (['owner', 'member', 'viewer', 'caller'] as const).map((role) => [role, tag] as const),
);

describe('a key locked to a tag', () => {
  it.each(locks)('finds nothing of another client’s by any operation, as %s locked to its %s', async (role, tag) => {
    const { as } = await newKey({ role, tags: acmes, locked_tags: [tag] });
    const before = await asked();
    for (const [, { ids, named, reads }] of operations) {
      for (const one of [...(ids?.(globex) ?? []), ...(named?.(globex) ?? [])]) await refused(one, as);
      for (const one of reads ?? []) await showsNothing(one, as);
    }
    expect(await asked()).toEqual(before);
  });

  it('sees and revokes only keys that carry its locks', async () => {
    const owner = await newKey({ role: 'owner', tags: acmes, locked_tags: ['client_id'] });
    const within = await newKey({ tags: acmes, locked_tags: ['client_id', 'project'] });
    const beside = [await newKey({ tags: acmes }), await newKey({ tags: acmes, locked_tags: ['project'] })];
    const { data } = await json<{ data: { id: string; locked_tags: string[] }[] }>(gateway.get('/v1/keys', owner.as));
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining([owner.id, within.id]));
    for (const one of data) expect(one.locked_tags).toContain('client_id');
    for (const { id } of beside)
      expect((await gateway.send('DELETE', `/v1/keys/${id}`, undefined, owner.as)).status).toBe(404);
    expect((await gateway.send('DELETE', `/v1/keys/${within.id}`, undefined, owner.as)).status).toBe(204);
  });
});

it('a test key finds nothing of live calls by any operation', async () => {
  const before = await asked();
  for (const [, { ids, reads }] of operations) {
    for (const one of ids?.(globex) ?? []) await refused(one, bearer(testKey));
    for (const one of reads ?? []) await showsNothing(one, bearer(testKey));
  }
  expect(await asked()).toEqual(before);
});
