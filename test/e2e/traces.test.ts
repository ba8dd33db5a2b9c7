import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type CollectedSpan, type Collector, startCollector } from '../support/collector.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
  gateway = await startTestGateway({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/otlp/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=acme%20inc,authorization=Basic%20abc',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  });
});
afterEach(() => {
  gateway.fakes.reset();
  collector.spans.length = 0;
});
afterAll(async () => {
  await gateway.stop();
  await collector.stop();
});

const serverKind = 2;
const clientKind = 3;
const errorCode = 2;

/** The spans of what is done, parents before children. */
async function spansOf(count: number, act: () => Promise<unknown>): Promise<CollectedSpan[]> {
  await act();
  await eventually(() => expect(collector.spans).toHaveLength(count), 8_000);
  return [...collector.spans].sort((a, b) => a.kind - b.kind || Number(a.startNanos - b.startNanos));
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callersSpan = '00f067aa0ba902b7';

describe('a call is traced', () => {
  it('a call has a server span, and its attempt a client span, by the GenAI conventions', async () => {
    gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 1000, cached: 400, output: 100, reasoning: 60 } });
    const before = BigInt(Date.now()) * 1_000_000n;
    let id: string | null = null;
    const [call, attempt] = await spansOf(2, async () => {
      id = (await gateway.post(chat, hello(), { 'x-client-id': 'acme' })).headers.get('x-request-id');
    });
    expect(call).toMatchObject({ kind: serverKind, name: `POST ${chat}`, statusCode: 0 });
    expect(call).not.toHaveProperty('parentSpanId');
    expect(call?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': chat,
      'http.response.status_code': 200,
      'client.address': '127.0.0.1',
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gateway.request.id': id,
      'gateway.livemode': true,
      'gateway.key.name': 'Owner',
      'gateway.client_id': 'acme',
      'gateway.cost_usd': 0.003,
      'gateway.attempts': 1,
    });
    expect(attempt).toMatchObject({
      kind: clientKind,
      name: 'chat gpt-4o',
      traceId: call?.traceId,
      parentSpanId: call?.spanId,
      statusCode: 0,
    });
    expect(attempt?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      'server.address': '127.0.0.1',
      'server.port': gateway.fakes.openai.port,
    });
    expect(attempt?.attributes).not.toHaveProperty('error.type');
    const [from, to] = [call?.startNanos ?? 0n, call?.endNanos ?? 0n];
    // The clocks of Node and of the system part by some milliseconds.
    expect(from).toBeGreaterThan(before - 5_000_000_000n);
    expect(attempt?.startNanos).toBeGreaterThanOrEqual(from);
    expect(attempt?.endNanos).toBeLessThanOrEqual(to);
    expect(call?.resource).toMatchObject({ 'service.name': 'ai-gateway', 'deployment.environment': 'test' });
  });

  it('spans are sent to the operator’s collector, with the given headers', () => {
    const [request] = collector.requests;
    expect(request?.path).toBe('/otlp/v1/traces');
    expect(request?.headers).toMatchObject({ 'x-tenant': 'acme inc', authorization: 'Basic abc' });
  });

  it('a stream’s span has the reason of its end', async () => {
    const body = {
      model: 'claude-sonnet-4-6',
      max_tokens: 50,
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    };
    const [call, attempt] = await spansOf(2, async () => await (await gateway.post('/v1/messages', body)).text());
    expect(call).toMatchObject({ name: 'POST /v1/messages' });
    expect(attempt?.attributes).toMatchObject({
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.request.stream': true,
    });
    const gemini = { model: 'gemini-3.5-flash-lite', input: 'Hi', stream: true };
    collector.spans.length = 0;
    const [, other] = await spansOf(2, async () => await (await gateway.post('/v1/responses', gemini)).text());
    expect(other?.attributes).toMatchObject({
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.response.finish_reasons': ['completed'],
    });
  });

  it('each attempt of a fallback has a span, and the failed one is an error', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const [call, failed, answered] = await spansOf(3, () =>
      gateway.post(chat, hello(), { 'x-gateway-fallback': 'claude-sonnet-4-6' }),
    );
    expect(call).toMatchObject({ statusCode: 0 });
    expect(failed).toMatchObject({ name: 'chat gpt-4o', statusCode: errorCode });
    expect(failed?.attributes).toMatchObject({ 'error.type': '500', 'http.response.status_code': 500 });
    expect(failed?.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expect(answered).toMatchObject({ name: 'chat claude-sonnet-4-6', statusCode: 0 });
    expect(failed?.endNanos).toBeLessThanOrEqual(answered?.startNanos ?? 0n);
  });

  it('an embedding has a span, and so do failed and refused calls', async () => {
    const [, embedding] = await spansOf(2, () =>
      gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }),
    );
    expect(embedding).toMatchObject({ name: 'embeddings text-embedding-3-small', kind: clientKind });
    collector.spans.length = 0;
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const [failed] = await spansOf(2, () => gateway.post(chat, hello(), { 'x-gateway-fallback': 'none' }));
    expect(failed).toMatchObject({ kind: serverKind, statusCode: errorCode });
    expect(failed?.attributes).toMatchObject({ 'error.type': 'provider_error', 'http.response.status_code': 502 });
    collector.spans.length = 0;
    const [refused] = await spansOf(1, () => gateway.post(chat, hello({ model: 'nobody-knows' })));
    // The conventions leave a 4xx unset on server spans: it is the caller's mistake.
    expect(refused).toMatchObject({ kind: serverKind, statusCode: 0 });
    expect(refused?.attributes).toMatchObject({ 'error.type': 'model_not_found', 'http.response.status_code': 404 });
  });

  it('a call of a test key has a marked span, at no cost', async () => {
    const [call, attempt] = await spansOf(2, () =>
      gateway.post(chat, hello({ messages: [{ role: 'user', content: 'sandbox:cost 4.00' }] }), {
        authorization: `Bearer ${testKey}`,
      }),
    );
    expect(call?.attributes).toMatchObject({
      'gateway.livemode': false,
      'gateway.cost_usd': 0,
      'gateway.rehearsed_cost_usd': 4,
    });
    expect(attempt?.attributes).toMatchObject({ 'gen_ai.provider.name': 'sandbox' });
  });
});

describe('the trace of a caller', () => {
  const headers = { traceparent: `00-${traceId}-${callersSpan}-01`, tracestate: 'vendor=1' };

  it('is continued, and nothing of it reaches a provider', async () => {
    const [call, attempt] = await spansOf(2, () => gateway.post(chat, hello(), headers));
    expect(call).toMatchObject({ traceId, parentSpanId: callersSpan, traceState: 'vendor=1' });
    expect(attempt).toMatchObject({ traceId, parentSpanId: call?.spanId });
    const [request] = gateway.fakes.openai.requests;
    expect(Object.keys(request?.headers ?? {})).not.toContain('traceparent');
    expect(Object.keys(request?.headers ?? {})).not.toContain('tracestate');
  });

  it('is left alone where the caller does not record it', async () => {
    await spansOf(2, async () => {
      await gateway.post(chat, hello(), { traceparent: `00-${traceId}-${callersSpan}-00` });
      await gateway.post(chat, hello(), { ...headers });
    });
    expect(collector.spans.every(({ parentSpanId }) => parentSpanId !== undefined)).toBe(true);
  });

  it('is ignored where it is broken', async () => {
    const [call] = await spansOf(2, () => gateway.post(chat, hello(), { traceparent: `00-${traceId}-zzz-01` }));
    expect(call?.traceId).not.toBe(traceId);
  });
});

it('no span has a text, a header or a key', async () => {
  gateway.fakes.openai.reply({ text: 'a secret answer' });
  await spansOf(2, () =>
    gateway.post(chat, hello({ messages: [{ role: 'user', content: 'a secret question' }] }), { cookie: 'a=secret' }),
  );
  const all = collector.requests.map(({ body }) => body).join('');
  expect(all).not.toContain('secret');
  expect(all).not.toContain(liveKey);
});

describe('a collector that is away', () => {
  it('delays no call, gets the waiting spans when it is back, and the log says both', {
    timeout: 20_000,
  }, async () => {
    await collector.stop();
    for (let i = 0; i < 3; i += 1) await json(gateway.post(chat, hello()));
    const said = (text: string): boolean => gateway.logs.join('').includes(text);
    await eventually(() => expect(said('The collector does not take traces')).toBe(true), 8_000);
    await json(gateway.post(chat, hello()));
    await collector.start();
    await eventually(() => expect(collector.spans).toHaveLength(8), 12_000);
    expect(said('The collector of traces answers again')).toBe(true);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/^gateway_spans_dropped_total 0$/m);
    expect(metrics).toMatch(/^gateway_spans_exported_total \d+$/m);
  });

  it('loses spans that it refuses for good, and they are counted', { timeout: 20_000 }, async () => {
    collector.answer(403);
    await json(gateway.post(chat, hello()));
    const dropped = async (): Promise<string> =>
      /^gateway_spans_dropped_total (\d+)$/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1] ?? '';
    await eventually(async () => expect(await dropped()).toBe('2'), 8_000);
    collector.answer(200);
  });

  it('a gateway that stops sends the spans of its last calls', async () => {
    const other = await startTestGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await json(other.post(chat, hello()));
    await other.stop();
    expect(collector.spans).toHaveLength(2);
  });
});
