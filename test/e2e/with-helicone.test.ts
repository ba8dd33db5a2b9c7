import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * An observability proxy as Helicone's: the vendor's API under an address of its own, with a write-only key in the path. "This is done by
 * changing the base URL to https://gateway.helicone.ai/[HELICONE_API_KEY]/v1/": https://docs.helicone.ai/helicone-headers/helicone-auth
 */
class ObservingProxy {
  readonly seen: { path: string | undefined; headers: IncomingHttpHeaders; model: unknown; status: number }[] = [];
  vendor = '';
  readonly #server: Server = createServer((req, res) => {
    void (async () => {
      const body = await text(req);
      const answer = await fetch(this.vendor + (req.url ?? '').replace(/^\/pk-write-only/, ''), {
        method: req.method ?? 'POST',
        headers: { 'content-type': 'application/json', authorization: req.headers.authorization ?? '' },
        ...(body === '' ? {} : { body }),
      });
      const model: unknown = body === '' ? undefined : (JSON.parse(body) as { model?: unknown }).model;
      this.seen.push({ path: req.url, headers: req.headers, model, status: answer.status });
      res.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
      res.end(Buffer.from(await answer.arrayBuffer()));
    })();
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/pk-write-only/v1`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Calls to the model; a list of models is asked for at the start. */
  get calls() {
    return this.seen.filter(({ model }) => model !== undefined);
  }
}

let gateway: TestGateway;
let collector: Collector;
const proxy = new ObservingProxy();
beforeAll(async () => {
  const [url] = await Promise.all([proxy.start(), startCollector().then((started) => (collector = started))]);
  gateway = await startTestGateway({ OPENAI_BASE_URL: url, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  proxy.vendor = new URL(gateway.fakes.openai.baseUrl).origin;
});
afterEach(() => {
  gateway.fakes.reset();
  proxy.seen.length = 0;
  collector.spans.length = 0;
});
afterAll(async () => {
  await gateway.stop();
  await proxy.stop();
  await collector.stop();
});

it('a call passes an observability proxy that is the vendor’s base URL, and is counted and capped as ever', async () => {
  gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 1000, output: 100 } });
  const answer = await gateway.post(chat, hello());
  expect(answer.status).toBe(200);
  expect((await json<{ choices: { message: { content: string } }[] }>(answer)).choices[0]?.message.content).toBe(
    'Hello',
  );
  expect(Number(answer.headers.get('x-gateway-cost-usd'))).toBeGreaterThan(0);
  expect(proxy.calls).toMatchObject([{ path: '/pk-write-only/v1/chat/completions', model: 'gpt-4o', status: 200 }]);
  // The vendor's key goes there, and the gateway's own does not.
  expect(proxy.calls[0]?.headers.authorization).not.toContain('gw_');

  await json(gateway.post('/v1/budgets', { name: 'Tiny', scope: { client_id: 'capped' }, limit_usd: 0.000001 }), 201);
  const refused = await gateway.post(chat, hello(), { 'x-client-id': 'capped' });
  expect(refused.status).toBe(402);
  expect(proxy.calls).toHaveLength(1);
});

it('the same call is a span by OpenTelemetry’s GenAI conventions, with its tokens and no text', async () => {
  gateway.fakes.openai.reply({ text: 'A secret answer', usage: { input: 20, output: 5 } });
  expect((await gateway.post(chat, hello())).status).toBe(200);
  const attemptOf = () => collector.spans.find(({ attributes }) => attributes['gen_ai.usage.input_tokens'] === 20);
  await eventually(() => expect(attemptOf()).toBeDefined(), 20_000);
  const attempt = attemptOf();
  expect(attempt?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.usage.input_tokens': 20,
    'gen_ai.usage.output_tokens': 5,
  });
  expect(JSON.stringify(collector.requests)).not.toContain('A secret answer');
});
