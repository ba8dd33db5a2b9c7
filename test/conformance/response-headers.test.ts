import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { makePrompt } from '../support/prompts.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const source = fileURLToPath(new URL('../../gateway/src', import.meta.url));

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { headers?: Record<string, unknown> }> }>>;
  components: { headers: Record<string, unknown>; parameters: Record<string, unknown> };
}

/** Headers of the gateway's own, and those by which callers try again. */
const ours = /^(x-gateway-.*|x-request-id|x-should-retry|x-ratelimit-.*|retry-after|idempotent-replayed)$/;

/** Names of headers that no answer of the API has. */
const elsewhere: Readonly<Record<string, string>> = {
  'x-gateway-mode': 'the dashboard sends it',
  'x-gateway-app': 'the dashboard sends it',
  'x-gateway-token': 'webhooks are delivered with it',
  'x-gateway-installation': '/healthz has it, for the gateway itself',
};

describe('the headers of answers', () => {
  let gateway: TestGateway;
  let document: Document;
  beforeAll(async () => {
    gateway = await startTestGateway();
    document = await json<Document>(gateway.get('/openapi.json'));
  });
  afterAll(() => gateway.stop());

  it('are in the OpenAPI document where the source names them, and the source names those of the document', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?<!\.test)\.ts$/.test(file),
    );
    const named = new Set(
      files.flatMap((file) =>
        [...readFileSync(join(source, file), 'utf8').matchAll(/['"`]([a-z]+(?:-[a-z]+)+)['"`]/g)]
          .map(([, name = '']) => name)
          .filter((name) => ours.test(name)),
      ),
    );
    const { headers, parameters } = document.components;
    const sent = new Set(Object.keys(parameters).map((name) => name.toLowerCase()));
    const known = Object.keys(headers);
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((name) => !known.includes(name) && !sent.has(name) && !(name in elsewhere))).toEqual([]);
    expect(known.filter((name) => !named.has(name))).toEqual([]);
  });

  it('are described for the call and the status that have them', async () => {
    const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] };
    await makePrompt(gateway, 'reply', { messages: hello.messages, variables: [] });
    await json(gateway.post('/v1/budgets', { name: 'All', limit_usd: 5 }), 201);
    await json(gateway.post('/v1/budgets', { name: 'None', limit_usd: 0.0000001, scope: { client_id: 'broke' } }), 201);
    const limits = { calls_per_minute: 1, tokens_per_minute: 100_000 };
    const limited = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'One', role: 'caller', rate_limit: limits }),
      201,
    );
    const asLimited = { authorization: `Bearer ${limited.key}` };
    const once = { 'idempotency-key': 'once' };
    const cached = { 'x-gateway-cache': 'ttl=60' };
    const seen = new Set<string>();
    const calls: [path: string, body: object, headers?: Record<string, string>, fault?: number][] = [
      ['/v1/chat/completions', hello, { ...cached, 'x-client-id': 'acme' }],
      ['/v1/chat/completions', hello, { ...cached, 'x-client-id': 'acme' }],
      ['/v1/chat/completions', { ...hello, stream: true }, { 'x-client-id': 'ACME' }],
      ['/v1/chat/completions', { prompt: { id: 'reply' } }],
      ['/v1/chat/completions', { prompt: { id: 'reply' } }, { ...cached, 'x-client-id': 'broke' }],
      ['/v1/chat/completions', { prompt: { id: 'reply' }, logit_bias: {} }, { 'x-gateway-fallback': 'none' }, 500],
      [
        '/v1/messages',
        { ...hello, max_tokens: 50, model: 'claude-haiku-4-5' },
        { 'x-gateway-fallback': 'gpt-4o' },
        529,
      ],
      ['/v1/responses', { model: 'gpt-4o', input: 'Hi', ...{ fallback_models: ['gpt-4o-mini'] } }],
      ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }],
      ['/v1/messages/count_tokens', { ...hello, model: 'claude-haiku-4-5' }],
      ['/v1/messages', { ...hello, max_tokens: 50 }, asLimited],
      ['/v1/messages', { ...hello, max_tokens: 50 }, asLimited],
      ['/v1/chat/completions', hello, once],
      ['/v1/chat/completions', hello, once],
      ['/v1/chat/completions', { ...hello, model: 'gpt-4o' }, once],
      ['/v1/chat/completions', hello, { authorization: 'Bearer wrong' }],
      ['/v1/budgets', { name: 'Again', limit_usd: 5 }, { 'idempotency-key': 'budget' }],
      ['/v1/budgets', { name: 'Again', limit_usd: 5 }, { 'idempotency-key': 'budget' }],
      ['/v1/budgets', { name: '' }],
    ];
    for (const [path, body, headers, fault] of calls) {
      if (fault !== undefined)
        for (const fake of [gateway.fakes.openai, gateway.fakes.anthropic])
          fake.fault({ kind: 'status', status: fault });
      const answer = await gateway.post(path, body, headers);
      await answer.arrayBuffer();
      gateway.fakes.reset();
      const got = [...answer.headers.keys()].filter((name) => ours.test(name));
      for (const name of got) seen.add(name);
      const described = Object.keys(document.paths[path]?.post?.responses[String(answer.status)]?.headers ?? {});
      expect([path, answer.status, got.filter((name) => !described.includes(name))]).toEqual([path, answer.status, []]);
    }
    for (const name of ['cache', 'prompt', 'saved-usd', 'warning']) expect(seen).toContain(`x-gateway-${name}`);
    for (const name of ['x-should-retry', 'retry-after', 'idempotent-replayed']) expect(seen).toContain(name);
    for (const what of ['limit', 'remaining', 'reset'])
      for (const of of ['requests', 'tokens']) expect(seen).toContain(`x-ratelimit-${what}-${of}`);
  });
});
