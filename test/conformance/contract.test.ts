import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contract } from '@ai-gateway/shared/contract';
import { errorCatalogue } from '@ai-gateway/shared/errors';
import { openApi } from '@ai-gateway/shared/openapi';
import { inQuery, type Operation, pathParams } from '@ai-gateway/shared/operation';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { root } from '../support/run-tool.ts';

const operations: readonly Operation[] = contract;

/** The public interface, written down a second time, so that it changes only on purpose. */
const promised = [
  ['chat.complete', 'POST', '/v1/chat/completions', 200, 'calls-models'],
  ['responses.create', 'POST', '/v1/responses', 200, 'calls-models'],
  ['messages.create', 'POST', '/v1/messages', 200, 'calls-models'],
  ['messages.countTokens', 'POST', '/v1/messages/count_tokens', 200, 'calls-models'],
  ['embeddings.create', 'POST', '/v1/embeddings', 200, 'calls-models'],
  ['background.create', 'POST', '/v1/chat/completions/background', 202, 'calls-models'],
  ['background.get', 'GET', '/v1/chat/completions/background/:id', 200, 'calls-models'],
  ['me.get', 'GET', '/v1/me', 200, 'anyone'],
  ['test-calls.create', 'POST', '/v1/test-calls', 201, 'calls-models'],
  ['session.get', 'GET', '/v1/session', 200, 'session'],
  ['session.update', 'PATCH', '/v1/session', 200, 'session'],
  ['sessions.list', 'GET', '/v1/sessions', 200, 'reader'],
  ['sessions.remove', 'DELETE', '/v1/sessions/:id', 204, 'reader'],
  ['sessions.clear', 'DELETE', '/v1/sessions', 204, 'person'],
  ['me.password', 'PUT', '/v1/me/password', 204, 'person'],
  ['models.list', 'GET', '/v1/models', 200, 'anyone'],
  ['models.get', 'GET', '/v1/models/:id', 200, 'anyone'],
  ['budgets.check', 'GET', '/v1/budgets/check', 200, 'anyone'],
  ['budgets.create', 'POST', '/v1/budgets', 201, 'member'],
  ['budgets.list', 'GET', '/v1/budgets', 200, 'reader'],
  ['budgets.get', 'GET', '/v1/budgets/:id', 200, 'reader'],
  ['budgets.update', 'PATCH', '/v1/budgets/:id', 200, 'member'],
  ['budgets.remove', 'DELETE', '/v1/budgets/:id', 204, 'member'],
  ['budgets.raise', 'POST', '/v1/budgets/:id/raise', 200, 'member'],
  ['budgets.raises.remove', 'DELETE', '/v1/budgets/:id/raises/:raise_id', 204, 'member'],
  ['budgets.history', 'GET', '/v1/budgets/:id/history', 200, 'reader'],
  ['budgets.instances', 'GET', '/v1/budgets/:id/instances', 200, 'reader'],
  ['usage.clients', 'GET', '/v1/usage/clients', 200, 'anyone'],
  ['usage.requests', 'GET', '/v1/usage/requests', 200, 'anyone'],
  ['usage.request', 'GET', '/v1/usage/requests/:id', 200, 'anyone'],
  ['usage.series', 'GET', '/v1/usage/series', 200, 'anyone'],
  ['usage.movers', 'GET', '/v1/usage/movers', 200, 'anyone'],
  ['usage.latency', 'GET', '/v1/usage/latency', 200, 'anyone'],
  ['refusals.list', 'GET', '/v1/refusals', 200, 'anyone'],
  ['refusals.summary', 'GET', '/v1/refusals/summary', 200, 'anyone'],
  ['clients.list', 'GET', '/v1/clients', 200, 'anyone'],
  ['clients.get', 'GET', '/v1/clients/:id', 200, 'reader'],
  ['clients.set', 'PUT', '/v1/clients/:id', 200, 'member'],
  ['clients.erase', 'DELETE', '/v1/clients/:id/data', 204, 'owner'],
  ['clients.links.create', 'POST', '/v1/clients/:id/links', 201, 'member'],
  ['clients.links.list', 'GET', '/v1/clients/:id/links', 200, 'member'],
  ['clients.links.revoke', 'DELETE', '/v1/clients/:id/links/:link_id', 204, 'member'],
  ['projects.list', 'GET', '/v1/projects', 200, 'anyone'],
  ['invoices.create', 'POST', '/v1/invoices', 201, 'member'],
  ['invoices.list', 'GET', '/v1/invoices', 200, 'reader'],
  ['invoices.preview', 'GET', '/v1/invoices/preview', 200, 'reader'],
  ['invoices.all', 'POST', '/v1/invoices/all', 200, 'member'],
  ['invoices.get', 'GET', '/v1/invoices/:id', 200, 'reader'],
  ['invoices.void', 'POST', '/v1/invoices/:id/void', 201, 'member'],
  ['plan.get', 'GET', '/v1/plan', 200, 'reader'],
  ['plan.checkout', 'POST', '/v1/plan/checkout', 200, 'owner'],
  ['plan.portal', 'POST', '/v1/plan/portal', 200, 'owner'],
  ['scenarios.list', 'GET', '/v1/scenarios', 200, 'anyone'],
  ['scenarios.pause', 'POST', '/v1/scenarios/:id/pause', 200, 'member'],
  ['scenarios.resume', 'POST', '/v1/scenarios/:id/resume', 200, 'member'],
  ['scenarios.limits.get', 'GET', '/v1/scenarios/:id/limits', 200, 'reader'],
  ['scenarios.limits.set', 'PUT', '/v1/scenarios/:id/limits', 200, 'member'],
  ['scenarios.name.set', 'PUT', '/v1/scenarios/:id/name', 200, 'member'],
  ['scenarios.names', 'GET', '/v1/scenario-names', 200, 'reader'],
  ['cache.clear', 'DELETE', '/v1/cache', 204, 'member'],
  ['cache.stats', 'GET', '/v1/cache/stats', 200, 'reader'],
  ['savings.get', 'GET', '/v1/savings', 200, 'reader'],
  ['stop.create', 'POST', '/v1/stop', 200, 'member'],
  ['stop.get', 'GET', '/v1/stop', 200, 'reader'],
  ['stop.remove', 'DELETE', '/v1/stop', 204, 'member'],
  ['connections.create', 'POST', '/v1/connections', 201, 'owner'],
  ['connections.list', 'GET', '/v1/connections', 200, 'owner'],
  ['connections.remove', 'DELETE', '/v1/connections/:id', 204, 'owner'],
  ['webhooks.create', 'POST', '/v1/webhooks', 201, 'member'],
  ['webhooks.list', 'GET', '/v1/webhooks', 200, 'reader'],
  ['webhooks.remove', 'DELETE', '/v1/webhooks/:id', 204, 'member'],
  ['webhooks.test', 'POST', '/v1/webhooks/:id/test', 200, 'member'],
  ['webhooks.deliveries', 'GET', '/v1/webhooks/:id/deliveries', 200, 'reader'],
  ['webhooks.resend', 'POST', '/v1/webhooks/:id/deliveries/:delivery_id/resend', 200, 'member'],
  ['events.list', 'GET', '/v1/events', 200, 'anyone'],
  ['live.watch', 'GET', '/v1/live', 200, 'anyone'],
  ['rate-limits.set', 'PUT', '/v1/rate-limits', 200, 'member'],
  ['rate-limits.list', 'GET', '/v1/rate-limits', 200, 'reader'],
  ['keys.create', 'POST', '/v1/keys', 201, 'owner'],
  ['keys.list', 'GET', '/v1/keys', 200, 'owner'],
  ['keys.update', 'PATCH', '/v1/keys/:id', 200, 'owner'],
  ['keys.roll', 'POST', '/v1/keys/:id/roll', 200, 'owner'],
  ['keys.revoke', 'DELETE', '/v1/keys/:id', 204, 'owner'],
  ['members.list', 'GET', '/v1/members', 200, 'owner'],
  ['members.create', 'POST', '/v1/members', 201, 'owner'],
  ['members.update', 'PATCH', '/v1/members/:id', 200, 'owner'],
  ['members.remove', 'DELETE', '/v1/members/:id', 204, 'anyone'],
  ['invitations.create', 'POST', '/v1/invitations', 201, 'owner'],
  ['invitations.list', 'GET', '/v1/invitations', 200, 'owner'],
  ['invitations.remove', 'DELETE', '/v1/invitations/:id', 204, 'owner'],
  ['me.totp.create', 'POST', '/v1/me/totp', 200, 'person'],
  ['me.totp.verify', 'POST', '/v1/me/totp/verify', 200, 'person'],
  ['me.totp.remove', 'DELETE', '/v1/me/totp', 204, 'person'],
  ['me.passkeys.list', 'GET', '/v1/me/passkeys', 200, 'person'],
  ['me.passkeys.prepare', 'POST', '/v1/me/passkeys/options', 200, 'person'],
  ['me.passkeys.create', 'POST', '/v1/me/passkeys', 201, 'person'],
  ['me.passkeys.remove', 'DELETE', '/v1/me/passkeys/:id', 204, 'person'],
  ['me.email', 'POST', '/v1/me/email', 202, 'person'],
  ['me.erase', 'DELETE', '/v1/me', 204, 'person'],
  ['providers.create', 'POST', '/v1/providers', 201, 'owner'],
  ['providers.list', 'GET', '/v1/providers', 200, 'owner'],
  ['providers.update', 'PATCH', '/v1/providers/:id', 200, 'owner'],
  ['providers.remove', 'DELETE', '/v1/providers/:id', 204, 'owner'],
  ['sso-connections.create', 'POST', '/v1/sso-connections', 201, 'owner'],
  ['sso-connections.list', 'GET', '/v1/sso-connections', 200, 'owner'],
  ['sso-connections.update', 'PATCH', '/v1/sso-connections/:id', 200, 'owner'],
  ['sso-connections.remove', 'DELETE', '/v1/sso-connections/:id', 204, 'owner'],
  ['domains.create', 'POST', '/v1/domains', 201, 'owner'],
  ['domains.list', 'GET', '/v1/domains', 200, 'owner'],
  ['domains.update', 'PATCH', '/v1/domains/:id', 200, 'owner'],
  ['domains.verify', 'POST', '/v1/domains/:id/verify', 200, 'owner'],
  ['domains.remove', 'DELETE', '/v1/domains/:id', 204, 'owner'],
  ['scim-tokens.create', 'POST', '/v1/scim-tokens', 201, 'owner'],
  ['scim-tokens.list', 'GET', '/v1/scim-tokens', 200, 'owner'],
  ['scim-tokens.remove', 'DELETE', '/v1/scim-tokens/:id', 204, 'owner'],
  ['prompts.create', 'POST', '/v1/prompts', 201, 'member'],
  ['prompts.list', 'GET', '/v1/prompts', 200, 'anyone'],
  ['prompts.import', 'POST', '/v1/prompts/import', 200, 'member'],
  ['prompts.export', 'GET', '/v1/prompts/export', 200, 'reader'],
  ['prompts.get', 'GET', '/v1/prompts/:id', 200, 'reader'],
  ['prompts.update', 'PATCH', '/v1/prompts/:id', 200, 'member'],
  ['prompts.remove', 'DELETE', '/v1/prompts/:id', 204, 'member'],
  ['prompts.versions.create', 'POST', '/v1/prompts/:id/versions', 201, 'member'],
  ['prompts.versions.get', 'GET', '/v1/prompts/:id/versions/:n', 200, 'reader'],
  ['prompts.diff', 'GET', '/v1/prompts/:id/diff', 200, 'reader'],
  ['prompts.fields', 'GET', '/v1/prompts/:id/fields', 200, 'anyone'],
  ['prompts.labels.set', 'PUT', '/v1/prompts/:id/labels/:label', 200, 'member'],
  ['prompts.labels.remove', 'DELETE', '/v1/prompts/:id/labels/:label', 204, 'member'],
  ['prompts.render', 'POST', '/v1/prompts/:id/render', 200, 'reader'],
  ['prompts.run', 'POST', '/v1/prompts/:id/run', 200, 'calls-models'],
  ['prompts.metrics', 'GET', '/v1/prompts/:id/metrics', 200, 'reader'],
  ['fallbacks.get', 'GET', '/v1/fallbacks', 200, 'reader'],
  ['fallbacks.set', 'PUT', '/v1/fallbacks', 200, 'member'],
  ['rules.list', 'GET', '/v1/routing/rules', 200, 'reader'],
  ['rules.create', 'POST', '/v1/routing/rules', 201, 'member'],
  ['rules.order', 'PUT', '/v1/routing/rules/order', 200, 'member'],
  ['rules.test', 'POST', '/v1/routing/rules/test', 200, 'reader'],
  ['rules.update', 'PATCH', '/v1/routing/rules/:id', 200, 'member'],
  ['rules.remove', 'DELETE', '/v1/routing/rules/:id', 204, 'member'],
  ['routing.versions.list', 'GET', '/v1/routing/versions', 200, 'reader'],
  ['routing.versions.activate', 'POST', '/v1/routing/versions/:version/activate', 200, 'member'],
  ['routing.heads.list', 'GET', '/v1/routing/heads', 200, 'reader'],
  ['routing.heads.activate', 'POST', '/v1/routing/heads/:version/activate', 200, 'member'],
  ['routing.explain', 'POST', '/v1/routing/explain', 200, 'calls-models'],
  ['views.list', 'GET', '/v1/views', 200, 'reader'],
  ['views.create', 'POST', '/v1/views', 201, 'reader'],
  ['views.update', 'PATCH', '/v1/views/:id', 200, 'reader'],
  ['views.remove', 'DELETE', '/v1/views/:id', 204, 'reader'],
  ['workspace.get', 'GET', '/v1/workspace', 200, 'reader'],
  ['workspace.update', 'PATCH', '/v1/workspace', 200, 'owner'],
  ['workspace.export', 'GET', '/v1/workspace/export', 200, 'owner'],
  ['auto.get', 'GET', '/v1/routing/auto', 200, 'reader'],
  ['auto.set', 'PUT', '/v1/routing/auto', 200, 'member'],
  ['auto.tasks', 'GET', '/v1/routing/auto/tasks', 200, 'reader'],
  ['experiments.create', 'POST', '/v1/experiments', 201, 'member'],
  ['experiments.list', 'GET', '/v1/experiments', 200, 'reader'],
  ['experiments.get', 'GET', '/v1/experiments/:id', 200, 'reader'],
  ['experiments.update', 'PATCH', '/v1/experiments/:id', 200, 'member'],
  ['experiments.start', 'POST', '/v1/experiments/:id/start', 200, 'member'],
  ['experiments.stop', 'POST', '/v1/experiments/:id/stop', 200, 'member'],
  ['experiments.adopt', 'POST', '/v1/experiments/:id/adopt', 200, 'member'],
  ['experiments.results', 'GET', '/v1/experiments/:id/results', 200, 'reader'],
  ['feedback.create', 'POST', '/v1/feedback', 200, 'calls-models'],
  ['feedback.list', 'GET', '/v1/feedback', 200, 'anyone'],
  ['workspace.security.get', 'GET', '/v1/workspace/security', 200, 'reader'],
  ['workspace.security.set', 'PUT', '/v1/workspace/security', 200, 'owner'],
  ['audit.list', 'GET', '/v1/audit', 200, 'reader'],
  ['workspaces.create', 'POST', '/v1/workspaces', 201, 'operator'],
  ['workspaces.list', 'GET', '/v1/workspaces', 200, 'operator'],
  ['workspaces.remove', 'DELETE', '/v1/workspaces/:id', 204, 'operator'],
  ['operator.health', 'GET', '/v1/operator/health', 200, 'operator'],
  ['people.list', 'GET', '/v1/people', 200, 'operator'],
  ['people.update', 'PATCH', '/v1/people/:id', 200, 'operator'],
  ['people.erase', 'DELETE', '/v1/people/:id', 204, 'operator'],
  ['sla.get', 'GET', '/v1/sla', 200, 'reader'],
  ['incidents.list', 'GET', '/v1/incidents', 200, 'operator'],
  ['incidents.create', 'POST', '/v1/incidents', 201, 'operator'],
  ['incidents.update', 'PATCH', '/v1/incidents/:id', 200, 'operator'],
];

test('the contract has the promised operations, in this order, at these paths, for these callers', () => {
  expect(operations.map(({ id, method, path, status = 200, access }) => [id, method, path, status, access])).toEqual(
    promised,
  );
});

test('no two operations share a name or a path', () => {
  const places = operations.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  expect(new Set(places).size).toBe(operations.length);
});

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_id, operation) => {
  test('takes and gives its sample', () => {
    expect(operation.input.safeParse(operation.sample.input)).toMatchObject({ success: true });
    const output = operation.output.safeParse(operation.sample.output);
    expect(output).toMatchObject({ success: true });
    // A sample must not show what the schema does not know of.
    expect(output.data).toEqual(operation.sample.output);
  });

  test('refuses each of its wrong inputs, for one reason', () => {
    expect(operation.wrong.length).toBeGreaterThanOrEqual(2);
    for (const { input, because } of operation.wrong)
      expect(operation.input.safeParse(input).error?.issues, because).toHaveLength(1);
  });

  test('describes each field in words', () => {
    expect(operation.label).toMatch(/^[A-Z]/);
    expect(operation.description).toMatch(/\.$/);
    expect([
      ...wordless(jsonSchema(operation.input, 'input'), 'input'),
      ...wordless(jsonSchema(operation.output, 'output'), 'output'),
    ]).toEqual([]);
  });

  test('has a field for each placeholder of its path, which must be given', () => {
    const { required = [] } = jsonSchema(operation.input, 'input');
    expect(required).toEqual(expect.arrayContaining(pathParams(operation.path)));
  });

  test('fails only in ways of the catalogue, each listed once', () => {
    expect(Object.keys(errorCatalogue)).toEqual(expect.arrayContaining([...operation.errors]));
    expect(new Set(operation.errors).size).toBe(operation.errors.length);
  });
});

// Model calls carry a vendor's dialect, and so does a call to explain; vendors' SDKs add queries to the list of models, and fallbacks are a map of any names.
const open = ['models.list', 'fallbacks.set', 'routing.explain'];
const closed = operations.filter(({ id, kind }) => kind !== 'model' && !open.includes(id));

test.each(closed.map((operation) => [operation.id, operation] as const))(
  '%s refuses fields it does not know',
  (_id, operation) => {
    const refused = operation.input.safeParse({ ...(operation.sample.input as object), not_a_field: 1 });
    expect(refused.error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['not_a_field'] }]);
  },
);

describe('the OpenAPI document', () => {
  const document = openApi({ operations, serverUrl: 'https://gateway.example', version: '0.0.0' });
  const described = document.paths as Record<string, Record<string, Described>>;

  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    // The validator resolves references in place, so it gets a copy.
    const result = await validator.validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('refers only to components that it has', () => {
    const missing = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
      .map(([, pointer = '']) => pointer)
      .filter((pointer) => pointer.split('/').reduce<unknown>(step, document) === undefined);
    expect(missing).toEqual([]);
  });

  test.each(operations.map((operation) => [operation.id, operation] as const))('describes %s', (_id, operation) => {
    const found = described[operation.path.replace(/:([a-z_]+)/g, '{$1}')]?.[operation.method.toLowerCase()];
    expect(found).toMatchObject({ operationId: operation.id, summary: operation.label, tags: [operation.group] });
    expect(found?.requestBody !== undefined).toBe(!inQuery(operation.method));
    expect(found?.responses[String(operation.status ?? 200)]).toBeDefined();
    expect(found?.responses['401']).toBeDefined();
    for (const code of operation.errors)
      expect(found?.responses[String(errorCatalogue[code].status)]?.description).toContain(code);
  });

  test('shows the plain and the streamed answer of operations that have both', () => {
    const streamed = operations
      .filter(({ path, method }) => {
        const ok = described[path.replace(/:([a-z_]+)/g, '{$1}')]?.[method.toLowerCase()]?.responses['200'];
        return ok?.content?.['text/event-stream'] !== undefined && ok.content['application/json'] !== undefined;
      })
      .map(({ id }) => id);
    expect(streamed).toEqual(['chat.complete', 'responses.create', 'messages.create']);
  });

  test('shows Anthropic’s errors where Anthropic’s SDKs call', () => {
    const errorOf = (path: string) => described[path]?.post?.responses['400']?.content?.['application/json']?.schema;
    expect(errorOf('/v1/messages')).toEqual({ $ref: '#/components/schemas/AnthropicError' });
    expect(errorOf('/v1/chat/completions')).toEqual({ $ref: '#/components/schemas/Error' });
  });

  test('names the tags of a call, and the header Idempotency-Key', () => {
    const names = described['/v1/chat/completions']?.post?.parameters?.map(({ $ref }) => $ref?.split('/').at(-1));
    expect(names).toEqual([
      'X-Client-ID',
      'X-Project',
      'X-Scenario-ID',
      'X-Scenario-Platform',
      'X-Execution-ID',
      'X-Organization-ID',
      'X-Node',
      'X-Gateway-Fallback',
      'X-Gateway-Strict',
      'X-Gateway-Prompt-Cache',
      'X-Gateway-Cache',
      'X-Gateway-Auto',
      'X-Session-ID',
      'Idempotency-Key',
    ]);
  });

  test('describes each header by which a call says how it is to be made', () => {
    const read = readFileSync(join(root, 'gateway/src/http/read-call-headers.ts'), 'utf8');
    const names = [...read.matchAll(/\(headers, '(x-[a-z-]+)'/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(5);
    const { parameters } = document.components as { parameters: object };
    const known = Object.keys(parameters).map((name) => name.toLowerCase());
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('gives the errors of a model call the headers that say who was asked, and a conflict the wait', () => {
    const responses: Partial<Described['responses']> = described['/v1/chat/completions']?.post?.responses ?? {};
    for (const status of ['400', '502', '503', '504'])
      expect(Object.keys(responses[status]?.headers ?? {}), status).toContain('x-gateway-provider');
    expect(Object.keys(responses['401']?.headers ?? {})).not.toContain('x-gateway-provider');
    expect(Object.keys(responses['409']?.headers ?? {})).toContain('retry-after');
  });

  test('keeps parameters of the path out of the body', () => {
    const body = described['/v1/providers/{id}']?.patch?.requestBody?.content['application/json'];
    expect(Object.keys(body?.schema.properties ?? {})).toEqual(['base_url', 'api_key', 'models']);
    expect(body?.schema.required).not.toContain('id');
    expect(body?.example).not.toHaveProperty('id');
  });
});

interface Described {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: { $ref?: string }[];
  requestBody?: { content: Record<string, { schema: JsonSchema; example: unknown }> };
  responses: Record<string, { description: string; headers?: object; content?: Record<string, { schema: unknown }> }>;
}

interface JsonSchema {
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
}

/** Paths of the fields, however deep, that have no title or no description. */
function wordless(schema: JsonSchema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => [
    ...(property.title && property.description ? [] : [`${path}.${key}`]),
    ...wordless(property, `${path}.${key}`),
  ]);
  const below = [schema.items, ...(schema.anyOf ?? []), schema.additionalProperties].flatMap((part) =>
    typeof part === 'object' ? wordless(part, `${path}[]`) : [],
  );
  return [...own, ...below];
}

function step(value: unknown, key: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[key];
}
