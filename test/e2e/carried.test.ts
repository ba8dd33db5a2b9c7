import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FakeServer } from '../support/fakes/fake-server.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Content that is only carried arrives unchanged, in each dialect, at each vendor, plain and streamed. */
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  const added = await gateway.post('/v1/providers', {
    name: 'local',
    kind: 'openai-compatible',
    base_url: gateway.fakes.openai.baseUrl,
    api_key: 'sk-canary-openai-4711',
    models: [{ id: 'qwen', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }],
  });
  expect(`${added.status} ${await added.text()}`).toMatch(/^201/);
});
afterAll(() => gateway.stop());
afterEach(() => gateway.fakes.reset());

type Json = Record<string, unknown>;
type DialectName = 'chat' | 'responses' | 'messages';
const dialects: DialectName[] = ['chat', 'responses', 'messages'];
const paths = { chat: '/v1/chat/completions', responses: '/v1/responses', messages: '/v1/messages' };
const models = {
  openai: 'gpt-4o',
  anthropic: 'claude-haiku-4-5',
  gemini: 'gemini-3.5-flash-lite',
  compatible: 'local/qwen',
};
type VendorName = keyof typeof models;
const vendors = Object.keys(models) as VendorName[];
const fakeOf = (vendor: VendorName): FakeServer => gateway.fakes[vendor === 'compatible' ? 'openai' : vendor];
const pairs = dialects.flatMap((dialect) => vendors.map((vendor) => ({ dialect, vendor })));
/** The dialects whose request is translated, not relayed. */
const translated = pairs.filter(
  ({ dialect, vendor }) =>
    !(vendor === 'openai' && dialect !== 'messages') &&
    !(vendor === 'compatible' && dialect === 'chat') &&
    !(vendor === 'anthropic' && dialect === 'messages'),
);

const schema = (text = '{"type":"object","properties":{"id":{"type":"integer"}}}'): string => text;

/** A request as JSON text: the digits of its numbers are part of what is tested. */
function ask(
  dialect: DialectName,
  model: string,
  options: {
    prompt?: string;
    tool?: string;
    schema?: string;
    history?: { arguments: string; result: string };
    stream?: boolean;
    more?: Json;
  } = {},
): string {
  const { prompt = 'Hi', tool = 'get', history } = options;
  const name = JSON.stringify(tool);
  const parameters = schema(options.schema);
  const said = JSON.stringify(prompt);
  const parts: string[] = [`"model":"${model}"`, ...(options.stream ? ['"stream":true'] : [])];
  for (const [key, value] of Object.entries(options.more ?? {})) parts.push(`"${key}":${JSON.stringify(value)}`);
  const args = JSON.stringify(history?.arguments);
  const result = JSON.stringify(history?.result);
  if (dialect === 'chat') {
    parts.push(`"tools":[{"type":"function","function":{"name":${name},"parameters":${parameters}}}]`);
    const turns = history
      ? `,{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":${name},"arguments":${args}}}]},{"role":"tool","tool_call_id":"call_1","content":${result}}`
      : '';
    parts.push(`"messages":[{"role":"user","content":${said}}${turns}]`);
  } else if (dialect === 'responses') {
    parts.push(`"tools":[{"type":"function","name":${name},"parameters":${parameters},"strict":false}]`);
    const turns = history
      ? `,{"type":"function_call","call_id":"call_1","name":${name},"arguments":${args}},{"type":"function_call_output","call_id":"call_1","output":${result}}`
      : '';
    parts.push(`"input":[{"role":"user","content":${said}}${turns}]`);
  } else {
    parts.push('"max_tokens":900', `"tools":[{"name":${name},"input_schema":${parameters}}]`);
    const turns = history
      ? `,{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":${name},"input":${history.arguments}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":${result}}]}`
      : '';
    parts.push(`"messages":[{"role":"user","content":${said}}${turns}]`);
  }
  return `{${parts.join(',')}}`;
}

/** The calls of an answer, with their arguments as text, digits kept. */
interface Call {
  name: string;
  arguments: string;
}

/** `JSON.stringify` with each number as it is written. */
const keepDigits = (text: string): Json =>
  JSON.parse(text, ((_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' ? `#${source}` : value) as never) as Json;

function callsOf(dialect: DialectName, text: string, stream: boolean): Call[] {
  return stream ? streamedCalls(dialect, text) : plainCalls(dialect, keepDigits(text));
}

const written = (input: unknown): string => JSON.stringify(input).replaceAll(/"#([^"]*)"/g, '$1');

function plainCalls(dialect: DialectName, body: Json): Call[] {
  if (dialect === 'chat') {
    const [choice] = body.choices as { message: { tool_calls?: { function: Call }[] } }[];
    return (choice?.message.tool_calls ?? []).map((call) => call.function);
  }
  if (dialect === 'responses')
    return (body.output as (Call & { type: string })[]).filter(({ type }) => type === 'function_call');
  return (body.content as (Json & { name: string })[])
    .filter(({ type }) => type === 'tool_use')
    .map(({ name, input }) => ({ name, arguments: written(input) }));
}

const eventsOf = (text: string): Json[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Json);

function streamedCalls(dialect: DialectName, text: string): Call[] {
  const calls = new Map<unknown, Call>();
  for (const event of eventsOf(text)) {
    if (dialect === 'chat') {
      const [choice] = (event.choices ?? []) as {
        delta: { tool_calls?: { index: number; function: Partial<Call> }[] };
      }[];
      for (const { index, function: piece } of choice?.delta.tool_calls ?? []) {
        const call = calls.get(index) ?? { name: '', arguments: '' };
        calls.set(index, { name: piece.name ?? call.name, arguments: call.arguments + (piece.arguments ?? '') });
      }
    } else if (dialect === 'responses') {
      const item = event.item as (Call & { type: string }) | undefined;
      if (event.type === 'response.output_item.done' && item?.type === 'function_call')
        calls.set(event.output_index, item);
    } else {
      const block = event.content_block as { type: string; name: string } | undefined;
      if (block?.type === 'tool_use') calls.set(event.index, { name: block.name, arguments: '' });
      const piece = (event.delta as { partial_json?: string } | undefined)?.partial_json;
      const call = calls.get(event.index);
      if (piece !== undefined && call !== undefined) call.arguments += piece;
    }
  }
  return [...calls.values()];
}

async function answered(body: string, dialect: DialectName, headers: Record<string, string> = {}) {
  const response = await gateway.post(paths[dialect], body, { 'x-gateway-fallback': 'none', ...headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const both = [false, true];
const sse = (...frames: (object | string)[]): string =>
  frames.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('');

describe('names of tools', () => {
  const odd = [
    'mcp__plugin_deploy_pack_cloud__troubleshoot_stack_deployment_and_rollback',
    'files.read/all:now',
    'größe',
    '1st',
    `${'x'.repeat(150)}`,
  ];
  it.each(translated.flatMap((pair) => odd.map((tool) => ({ ...pair, tool }))))(
    '"$tool" goes to $vendor in a form it takes, and comes back to $dialect as it left',
    async ({ dialect, vendor, tool }) => {
      for (const stream of both) {
        const fake = fakeOf(vendor);
        fake.reset();
        // The fake calls the tool it was given.
        const history = { arguments: '{"id":1}', result: 'done' };
        const choice = dialect === 'messages' ? { type: 'any' } : 'required';
        const body = ask(dialect, models[vendor], { tool, history, stream, more: { tool_choice: choice } });
        const { status, text } = await answered(body, dialect);
        expect([status, text.slice(0, 300)]).toEqual([200, expect.anything()]);
        expect(callsOf(dialect, text, stream).map(({ name }) => name)).toEqual([tool]);
      }
    },
  );

  const relayedOnes = [
    { dialect: 'chat', vendor: 'openai' },
    { dialect: 'responses', vendor: 'openai' },
    { dialect: 'messages', vendor: 'anthropic' },
  ] as const;
  it.each(relayedOnes.flatMap((pair) => odd.map((tool) => ({ ...pair, tool: `${tool}.${'y'.repeat(130)}` }))))(
    '"$tool" is relayed from $dialect to $vendor in a form it takes, and everything else as it came',
    async ({ dialect, vendor, tool }) => {
      for (const stream of both) {
        const fake = fakeOf(vendor);
        fake.reset();
        const history = { arguments: `{"name":${JSON.stringify(tool)},"id":2512292042121000001}`, result: tool };
        const choice = dialect === 'messages' ? { type: 'any' } : 'required';
        const more = { tool_choice: choice, top_p: 0.5 };
        const { status, text } = await answered(ask(dialect, models[vendor], { tool, history, stream, more }), dialect);
        expect([status, text.slice(0, 300)]).toEqual([200, expect.anything()]);
        expect(callsOf(dialect, text, stream).map(({ name }) => name)).toEqual([tool]);
        const sent = fake.requests[0]?.text ?? '';
        expect(sent.replaceAll('\\', '')).toContain(history.arguments);
        expect(sent).toContain('"top_p":0.5');
      }
    },
  );

  it('are shortened for a fallback that takes no long names', async () => {
    const name = 'n'.repeat(100);
    gateway.fakes.anthropic.fault({ kind: 'status', status: 503 });
    const tools = [{ type: 'function', function: { name, parameters: { type: 'object', properties: {} } } }];
    const messages = [{ role: 'user', content: 'x' }];
    const body = { model: models.anthropic, fallback_models: ['gpt-4o'], tools, tool_choice: 'required', messages };
    const response = await gateway.post(paths.chat, body);
    expect(callsOf('chat', await response.text(), false).map((call) => call.name)).toEqual([name]);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('stay distinct where two long names begin alike', async () => {
    const names = [`${'a'.repeat(90)}_one`, `${'a'.repeat(90)}_two`];
    const tools = names.map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
    const request = { model: 'gpt-4o', max_tokens: 9, tools, messages: [{ role: 'user', content: 'x' }] };
    await answered(JSON.stringify({ ...request, tool_choice: { type: 'tool', name: names[1] } }), 'messages');
    const sent = gateway.fakes.openai.requests[0]?.json as {
      tools: { function: { name: string } }[];
      tool_choice: { function: { name: string } };
    };
    const [one, two] = sent.tools.map((tool) => tool.function.name);
    expect(one).not.toBe(two);
    expect(sent.tool_choice.function.name).toBe(two);
  });
});

describe('numbers', () => {
  const numbers =
    '{"id":2512292042121000001,"one":1.0,"zero":-0,"huge":1e400,"list":[12345678901234567890],"deep":{"tiny":0.00000010}}';

  it.each(translated)('keep their digits from $vendor to $dialect', async ({ dialect, vendor }) => {
    for (const stream of both) {
      const answer = {
        openai: stream
          ? sse(
              {
                id: 'c',
                model: 'm',
                choices: [
                  {
                    delta: { tool_calls: [{ index: 0, id: 'call_a', function: { name: 'get', arguments: numbers } }] },
                  },
                ],
              },
              { choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
              '[DONE]',
            )
          : JSON.stringify({
              id: 'c',
              model: 'm',
              choices: [
                {
                  message: { tool_calls: [{ id: 'call_a', function: { name: 'get', arguments: numbers } }] },
                  finish_reason: 'tool_calls',
                },
              ],
            }),
        anthropic: stream
          ? sse({ type: 'message_start', message: { id: 'm', model: 'm' } }) +
            `data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"get","input":${numbers}}}\n\n` +
            sse(
              { type: 'content_block_stop', index: 0 },
              { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
              { type: 'message_stop' },
            )
          : `{"id":"m","type":"message","model":"m","content":[{"type":"tool_use","id":"t","name":"get","input":${numbers}}],"stop_reason":"tool_use"}`,
        gemini: `${stream ? 'data: ' : ''}{"modelVersion":"m","responseId":"r","candidates":[{"content":{"parts":[{"functionCall":{"name":"get","args":${numbers}}}]},"finishReason":"STOP"}]}${stream ? '\n\n' : ''}`,
      };
      fakeOf(vendor).fault({
        kind: 'body',
        body: answer[vendor === 'compatible' ? 'openai' : vendor],
        contentType: stream ? 'text/event-stream' : 'application/json',
      });
      const { text } = await answered(ask(dialect, models[vendor], { stream }), dialect);
      expect(callsOf(dialect, text, stream).map((call) => call.arguments.replaceAll(/\s/g, ''))).toEqual([numbers]);
    }
  });

  it.each(pairs)(
    'keep their digits from $dialect to $vendor, in schemas, arguments and results',
    async ({ dialect, vendor }) => {
      const inSchema = `{"type":"object","properties":{"id":{"type":"integer","minimum":9007199254740993,"enum":[9007199254740995,1.0]}},"required":["id"],"additionalProperties":false}`;
      const history = { arguments: numbers, result: numbers };
      const { status, text } = await answered(ask(dialect, models[vendor], { schema: inSchema, history }), dialect);
      expect([status, text]).toEqual([200, expect.anything()]);
      const sent = (fakeOf(vendor).requests[0]?.text ?? '').replaceAll('\\', '');
      for (const digits of ['9007199254740993', '9007199254740995,1.0]']) expect(sent).toContain(digits);
      // Once as arguments and once as a result.
      expect(sent.split(numbers)).toHaveLength(3);
    },
  );
});

describe('the text of a tool', () => {
  const result = '{"schema":{"$ref":"#/components/schemas/Fault"}}';
  it.each(pairs)('goes from $dialect to $vendor as text', async ({ dialect, vendor }) => {
    const { status, text } = await answered(
      ask(dialect, models[vendor], { history: { arguments: '{"id":1}', result } }),
      dialect,
    );
    expect([status, text]).toEqual([200, expect.anything()]);
    expect(fakeOf(vendor).requests[0]?.text).toContain(JSON.stringify(result));
  });
});

describe('half an emoji', () => {
  it.each(pairs)('is replaced on the way from $dialect to $vendor', async ({ dialect, vendor }) => {
    const history = { arguments: '{"id":1}', result: 'said \ud83c' };
    const body = ask(dialect, models[vendor], { prompt: 'Great \ud83c news \udf89, \ud83c\udf89, \\\\ud83c', history });
    expect(body).toContain(String.raw`\ud83c`);
    const { status, text } = await answered(body, dialect);
    expect([status, text]).toEqual([200, expect.anything()]);
    const sent = JSON.stringify(fakeOf(vendor).requests[0]?.json);
    expect(sent).toContain('Great \ufffd news \ufffd, 🎉, \\\\\\\\ud83c');
    expect(sent).toContain('said \ufffd');
  });

  it('is replaced in a key, and in upper case', async () => {
    const body = `{"model":"gpt-4o","messages":[{"role":"user","content":"\\uD83C"}],"logit_bias":{"\\ud83c":1}}`;
    expect((await answered(body, 'chat')).status).toBe(200);
    expect(gateway.fakes.openai.requests[0]?.json.logit_bias).toEqual({ '\ufffd': 1 });
  });

  it.each(translated)('is complete for $dialect where $vendor cuts it in two', async ({ dialect, vendor }) => {
    const pieces = ['Hi \ud83c', '\udf89!', ' and \ud83d', '\ude00\ud83c'];
    const bodies = {
      openai: sse(
        ...pieces.map((content) => ({ id: 'c', model: 'm', choices: [{ delta: { content } }] })),
        { choices: [{ delta: {}, finish_reason: 'stop' }] },
        '[DONE]',
      ),
      anthropic: sse(
        { type: 'message_start', message: { id: 'm', model: 'm' } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        { type: 'message_stop' },
      ),
      gemini: sse(
        ...pieces.map((text, i) => ({
          responseId: 'r',
          modelVersion: 'm',
          candidates: [{ content: { parts: [{ text }] }, ...(i === 3 ? { finishReason: 'STOP' } : {}) }],
        })),
      ),
    };
    fakeOf(vendor).fault({
      kind: 'body',
      body: bodies[vendor === 'compatible' ? 'openai' : vendor],
      contentType: 'text/event-stream',
    });
    const { text } = await answered(ask(dialect, models[vendor], { stream: true }), dialect);
    expect(text).not.toMatch(/\\ud8/i);
    expect(textOf(dialect, text)).toBe('Hi 🎉! and 😀\ufffd');
  });
});

/** The words of a streamed answer. */
function textOf(dialect: DialectName, text: string): string {
  return eventsOf(text)
    .map((event) => {
      if (dialect === 'chat')
        return (event.choices as { delta: { content?: string } }[] | undefined)?.[0]?.delta.content ?? '';
      if (dialect === 'responses') return event.type === 'response.output_text.delta' ? String(event.delta) : '';
      return (event.delta as { text?: string } | undefined)?.text ?? '';
    })
    .join('');
}

function plainText(dialect: DialectName, text: string): unknown {
  const body = JSON.parse(text) as Json;
  if (dialect === 'chat') return (body.choices as { message: { content: unknown } }[])[0]?.message.content;
  if (dialect === 'responses')
    return (body.output as { content?: { text?: string }[] }[]).flatMap(({ content }) => content ?? [])[0]?.text;
  return (body.content as { text?: string }[]).map((block) => block.text).join('');
}

describe('JSON that was asked for', () => {
  const wish = {
    chat: { response_format: { type: 'json_object' } },
    responses: { text: { format: { type: 'json_object' } } },
  };
  const wishes = (['chat', 'responses'] as const).flatMap((dialect) =>
    (['anthropic', 'gemini'] as const).map((vendor) => ({ dialect, vendor })),
  );
  const answers: [said: string, content: string][] = [
    ['```json\n{"a": 1.0}\n```', '{"a": 1.0}'],
    ['Here is the JSON you asked for:\n```json\n{"a":"}```"}\n```\nAnything else?', '{"a":"}```"}'],
    ['{"a":1}', '{"a":1}'],
    ['{"a":1}\n\nThat is [all].', '{"a":1}'],
    ['Sure! {"a":{"b":"\\"{"}} there you go', '{"a":{"b":"\\"{"}}'],
    // Two values, and none: nothing is lost.
    ['One {"a":1} or {"a":2}?', 'One {"a":1} or {"a":2}?'],
    ['{"a":1}{"a":2}', '{"a":1}{"a":2}'],
    ['I would rather not.', 'I would rather not.'],
    ['{really} means {"a":1}', '{really} means {"a":1}'],
  ];
  it.each(wishes.flatMap((pair) => answers.map(([said, content]) => ({ ...pair, said, content }))))(
    'parses: $vendor says $said to $dialect',
    async ({ dialect, vendor, said, content }) => {
      for (const stream of both) {
        fakeOf(vendor).reply({ text: said, chunks: 9 });
        const input = dialect === 'chat' ? { messages: [{ role: 'user', content: 'x' }] } : { input: 'x' };
        const { text } = await answered(
          JSON.stringify({ model: models[vendor], stream, ...input, ...wish[dialect] }),
          dialect,
        );
        if (stream && said.startsWith('{really}')) expect(textOf(dialect, text)).toBe(said);
        else if (!said.startsWith('{really}'))
          expect(stream ? textOf(dialect, text) : plainText(dialect, text)).toBe(content);
      }
    },
  );
});

describe('sound and documents by their address', () => {
  const sound = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } };
  const url = 'https://example.org/a.pdf';
  const say = (dialect: DialectName, model: string, part: Json): string =>
    JSON.stringify(
      dialect === 'responses'
        ? { model, input: [{ role: 'user', content: [part, { type: 'input_text', text: 'x' }] }] }
        : { model, max_tokens: 9, messages: [{ role: 'user', content: [part, { type: 'text', text: 'x' }] }] },
    );
  const document = { type: 'document', source: { type: 'url', url } };
  const file = { type: 'input_file', file_url: url };
  const claudes = { type: 'document', source: { type: 'url', url } };
  const geminis = { fileData: { fileUri: url, mimeType: 'application/pdf' } };
  const taken: [DialectName, VendorName, part: Json, sent: Json][] = [
    ['chat', 'gemini', sound, { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }],
    ['chat', 'openai', sound, sound],
    ['chat', 'compatible', sound, sound],
    ['responses', 'gemini', sound, { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }],
    ['responses', 'compatible', sound, sound],
    ['responses', 'anthropic', file, claudes],
    ['responses', 'gemini', file, geminis],
    ['responses', 'openai', file, file],
    ['messages', 'anthropic', document, document],
    ['messages', 'gemini', document, geminis],
    ['messages', 'openai', document, file],
  ];
  it.each(taken)('are sent from %s to %s', async (dialect, vendor, part, sent) => {
    const { status, text } = await answered(say(dialect, models[vendor], part), dialect);
    expect([status, text]).toEqual([200, expect.anything()]);
    expect(fakeOf(vendor).requests[0]?.text).toContain(JSON.stringify(sent));
  });

  it.each(['image/jpg', 'IMAGE/JPEG', 'image/jpeg; charset=binary'])(
    'a picture of Claude’s dialect that calls itself %s is a JPEG to Gemini',
    async (media_type) => {
      const content = [{ type: 'image', source: { type: 'base64', media_type, data: 'QUJD' } }];
      const body = { model: models.gemini, max_tokens: 900, messages: [{ role: 'user', content }] };
      const { status } = await answered(JSON.stringify(body), 'messages');
      expect(status).toBe(200);
      expect(gateway.fakes.gemini.requests[0]?.text).toContain('"mimeType":"image/jpeg"');
    },
  );

  it.each(vendors)('are their text for %s where a document has blocks', async (vendor) => {
    const content = [{ type: 'text', text: 'Inner words.' }];
    const { status } = await answered(
      say('messages', models[vendor], { type: 'document', source: { type: 'content', content } }),
      'messages',
    );
    expect(status).toBe(200);
    expect(fakeOf(vendor).requests[0]?.text).toContain('Inner words.');
  });

  it.each([
    ['chat', 'anthropic', sound, 'OpenAI and Google'],
    ['responses', 'anthropic', sound, 'OpenAI and Google'],
    ['responses', 'compatible', file, 'OpenAI, Anthropic, Google and Mistral'],
    ['messages', 'compatible', document, 'OpenAI, Anthropic, Google and Mistral'],
  ] as [DialectName, VendorName, Json, string][])(
    'from %s to %s, which cannot, is refused and told who can',
    async (dialect, vendor, part, who) => {
      const { status, text } = await answered(say(dialect, models[vendor], part), dialect);
      expect(`${status} ${text}`).toContain(`works only with models of ${who}`);
      expect(status).toBe(400);
    },
  );

  it('are not sent to a fallback that takes no sound', async () => {
    gateway.fakes.gemini.fault({ kind: 'status', status: 500 });
    const body = { model: models.gemini, fallback_models: [models.anthropic, models.openai] };
    const messages = [{ role: 'user', content: [sound] }];
    const response = await gateway.post('/v1/chat/completions', { ...body, messages });
    expect(response.status).toBe(200);
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
    expect(gateway.fakes.openai.requests[0]?.text).toContain('input_audio');
  });
});

describe('some of the tools allowed', () => {
  const names = ['a', 'b', 'c'];
  const wish = (dialect: DialectName, mode: string): Json => {
    const fns = names.map((name) => ({ name, parameters: { type: 'object', properties: {} } }));
    if (dialect === 'responses')
      return {
        input: 'x',
        tools: fns.map((fn) => ({ type: 'function', ...fn })),
        tool_choice: { type: 'allowed_tools', mode, tools: names.slice(1).map((name) => ({ type: 'function', name })) },
      };
    const tools = names.slice(1).map((name) => ({ type: 'function', function: { name } }));
    return {
      messages: [{ role: 'user', content: 'x' }],
      tools: fns.map((fn) => ({ type: 'function', function: fn })),
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode, tools } },
    };
  };
  const cases = (['chat', 'responses'] as const).flatMap((dialect) =>
    ['auto', 'required'].flatMap((mode) =>
      (['anthropic', 'gemini'] as const).map((vendor) => ({ dialect, mode, vendor })),
    ),
  );
  it.each(cases)('limit the calls of $vendor in $dialect, with mode $mode', async ({ dialect, mode, vendor }) => {
    const { status } = await answered(JSON.stringify({ model: models[vendor], ...wish(dialect, mode) }), dialect);
    expect(status).toBe(200);
    const sent = fakeOf(vendor).requests[0]?.json as {
      tools: { name?: string; functionDeclarations?: { name: string }[] }[];
      tool_choice?: Json;
      toolConfig?: { functionCallingConfig: { mode: string; allowedFunctionNames?: string[] } };
    };
    const reported = sent.tools.flatMap(
      ({ name, functionDeclarations }) => functionDeclarations?.map((fn) => fn.name) ?? name,
    );
    const config = sent.toolConfig?.functionCallingConfig;
    expect(config?.allowedFunctionNames ?? reported).toEqual(['b', 'c']);
    if (vendor === 'anthropic') expect(sent.tool_choice).toEqual({ type: mode === 'auto' ? 'auto' : 'any' });
    else expect(config?.mode).toBe(mode === 'auto' ? 'AUTO' : 'ANY');
  });
});

describe('a refusal', () => {
  const said = 'I cannot help with that.';
  const claude = { id: 'm', type: 'message', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } };
  const plain: Record<string, [VendorName, Json]> = {
    'of GPT, in words': [
      'openai',
      { id: 'c', model: 'm', choices: [{ message: { refusal: said, content: null }, finish_reason: 'stop' }] },
    ],
    'of Claude, in words': [
      'anthropic',
      { ...claude, stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: said } },
    ],
    'of Claude, without a word': ['anthropic', { ...claude, stop_reason: 'refusal' }],
    'of Gemini, of the prompt': [
      'gemini',
      { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 1 } },
    ],
    'of Gemini, of the answer': [
      'gemini',
      { candidates: [{ finishReason: 'SAFETY' }], usageMetadata: { promptTokenCount: 1 } },
    ],
  };
  const streamed: Record<string, string> = {
    'of GPT, in words': sse(
      { id: 'c', model: 'm', choices: [{ delta: { refusal: said } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      '[DONE]',
    ),
    'of Claude, in words': sse(
      { type: 'message_start', message: claude },
      { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details: { explanation: said } } },
      { type: 'message_stop' },
    ),
    'of Claude, without a word': sse(
      { type: 'message_start', message: claude },
      { type: 'message_delta', delta: { stop_reason: 'refusal' } },
      { type: 'message_stop' },
    ),
    'of Gemini, of the prompt': sse(plain['of Gemini, of the prompt']?.[1] ?? {}),
    'of Gemini, of the answer': sse(plain['of Gemini, of the answer']?.[1] ?? {}),
  };
  const asked = Object.keys(plain).flatMap((title) => dialects.map((dialect) => ({ title, dialect })));
  const isTranslated = ({ title, dialect }: (typeof asked)[number]): boolean =>
    translated.some((pair) => pair.dialect === dialect && pair.vendor === plain[title]?.[0]);

  it.each(asked.filter(isTranslated))(
    'stays a refusal in $dialect where it $title, plain and streamed',
    async ({ title, dialect }) => {
      const [vendor, body] = plain[title] ?? ['openai', {}];
      for (const stream of both) {
        fakeOf(vendor).fault({
          kind: 'body',
          body: stream ? (streamed[title] ?? '') : JSON.stringify(body),
          contentType: stream ? 'text/event-stream' : 'application/json',
        });
        const { status, text } = await answered(ask(dialect, models[vendor], { stream }), dialect);
        expect(status).toBe(200);
        const hasWords = !/without a word|of the answer/.test(title);
        const isFiltered = title.includes('Gemini');
        if (dialect === 'messages') expect(text).toContain('"stop_reason":"refusal"');
        if (dialect === 'chat')
          expect(text).toContain(`"finish_reason":"${hasWords && !isFiltered ? 'stop' : 'content_filter'}"`);
        if (dialect === 'responses' && (isFiltered || !hasWords)) expect(text).toContain('"reason":"content_filter"');
        if (hasWords && dialect === 'chat') expect(text).toMatch(/"refusal":"[^"]/);
        if (hasWords && dialect === 'responses') expect(text).toMatch(/"type":"refusal","refusal":"[^"]/);
      }
    },
  );
});

describe('a field that Gemini leaves out', () => {
  it('is the count of tokens of embeddings, which the gateway adds', async () => {
    const body = JSON.stringify({ model: 'gemini-embedding-001', input: 'How many tokens are these few words?' });
    const response = await gateway.post('/v1/embeddings', body);
    const answer = (await response.json()) as { usage: { prompt_tokens: number; total_tokens: number } };
    expect(answer.usage.prompt_tokens).toBeGreaterThan(4);
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens);
  });

  it.each(dialects)('is the model and the ids of calls, which the gateway adds: %s', async (dialect) => {
    const seen: string[] = [];
    for (const stream of [false, true, false, true]) {
      const body = {
        candidates: [{ content: { parts: [{ functionCall: { name: 'get', args: {} } }] }, finishReason: 'STOP' }],
      };
      gateway.fakes.gemini.fault({
        kind: 'body',
        body: stream ? sse(body) : JSON.stringify(body),
        contentType: stream ? 'text/event-stream' : 'application/json',
      });
      const { text, headers } = await answered(ask(dialect, models.gemini, { stream }), dialect);
      expect(text).toContain(`"model":"${models.gemini}"`);
      expect(headers.get('x-gateway-model')).toBe(models.gemini);
      seen.push(/call_[0-9a-f]{24}/.exec(text)?.[0] ?? '');
    }
    expect(new Set(seen).size).toBe(4);
  });
});

describe('ids of calls', () => {
  it.each(dialects)('still match their results where they are too long for GPT: %s', async (dialect) => {
    const id = `chatcmpl-tool-${'0123456789abcdef'.repeat(4)}`;
    const body = ask(dialect, models.openai, { history: { arguments: '{"id":1}', result: 'x' } }).replaceAll(
      'call_1',
      id,
    );
    const { status, text } = await answered(body, dialect);
    expect([status, text]).toEqual([200, expect.anything()]);
  });
});

describe('a call of a tool from a lenient server', () => {
  const head = { id: 'c', model: 'qwen' };
  const piece = (...tool_calls: Json[]) => ({ ...head, choices: [{ delta: { tool_calls } }] });
  const words = (content: string) => ({ ...head, choices: [{ delta: { content } }] });
  const done = [{ ...head, choices: [{ delta: {}, finish_reason: 'tool_calls' }] }, '[DONE]'];
  const fn = (index: number | undefined, more: Json, name?: string, args?: unknown): Json => ({
    ...(index === undefined ? {} : { index }),
    ...more,
    function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
  });
  const streams: Record<string, [frames: (object | string)[], calls: [name: string, args: string][]]> = {
    'empty ids and names in later pieces': [
      [
        piece(fn(0, { id: 'call_8c' }, 'calc', '{')),
        piece(fn(0, { id: '' }, '', '"expr":')),
        piece(fn(0, { id: '' }, '', '"2+2"}')),
      ],
      [['calc', '{"expr":"2+2"}']],
    ],
    'a name that comes late': [
      [piece(fn(0, { id: 'call_8c' }, '', '')), piece(fn(0, { id: 'call_8c' }, 'calc', '{"a":1}'))],
      [['calc', '{"a":1}']],
    ],
    'arguments before the name': [
      [piece(fn(0, { id: 'call_8c' }, undefined, '{"a"')), piece(fn(0, {}, 'calc', ':1}'))],
      [['calc', '{"a":1}']],
    ],
    'pieces that interleave': [
      [
        piece(fn(0, { id: 'call_a' }, 'a', ''), fn(1, { id: 'call_b' }, 'b', '')),
        piece(fn(0, {}, undefined, '{"x":')),
        piece(fn(1, {}, undefined, '{"y":2}')),
        piece(fn(0, {}, undefined, '1}')),
      ],
      [
        ['a', '{"x":1}'],
        ['b', '{"y":2}'],
      ],
    ],
    'words between two pieces': [
      [piece(fn(0, { id: 'call_a' }, 'a', '{"x"')), words('\n'), piece(fn(0, {}, undefined, ':1}'))],
      [['a', '{"x":1}']],
    ],
    'all numbered 0': [
      [piece(fn(0, { id: 'call_a' }, 'a', '{"x":1}')), piece(fn(0, { id: 'call_b' }, 'b', '{"y":2}'))],
      [
        ['a', '{"x":1}'],
        ['b', '{"y":2}'],
      ],
    ],
    'no numbers and no ids': [
      [piece(fn(undefined, {}, 'a', '{"x":1}')), piece(fn(undefined, {}, 'a', '{"x":2}'))],
      [
        ['a', '{"x":1}'],
        ['a', '{"x":2}'],
      ],
    ],
    'numbers written as text': [
      [
        piece(
          fn(undefined, { index: '0', id: 'call_a' }, 'a', ''),
          fn(undefined, { index: '1', id: 'call_b' }, 'b', ''),
        ),
        piece(fn(undefined, { index: '0' }, undefined, '{"x":1}')),
        piece(fn(undefined, { index: '1' }, undefined, '{"y":2}')),
      ],
      [
        ['a', '{"x":1}'],
        ['b', '{"y":2}'],
      ],
    ],
    'one call without a list': [
      [{ ...head, choices: [{ delta: { tool_calls: fn(0, { id: 'call_a' }, 'a', '{"x":1}') } }] }],
      [['a', '{"x":1}']],
    ],
    'a whole message as one chunk': [
      [{ ...head, choices: [{ message: { tool_calls: [fn(0, { id: 'call_a' }, 'a', '{"x":1}')] } }] }],
      [['a', '{"x":1}']],
    ],
    'arguments as an object': [
      [piece(fn(0, { id: 'call_a' }, 'a', { x: 1 }), fn(1, { id: 'call_b' }, 'b', null))],
      [
        ['a', '{"x":1}'],
        ['b', '{}'],
      ],
    ],
  };
  const readers: DialectName[] = ['messages', 'responses'];
  it.each(Object.keys(streams).flatMap((title) => readers.map((dialect) => ({ title, dialect }))))(
    'is whole: $title, to $dialect',
    async ({ title, dialect }) => {
      const [frames, expected] = streams[title] ?? [[], []];
      gateway.fakes.openai.fault({ kind: 'body', body: sse(...frames, ...done), contentType: 'text/event-stream' });
      const { text } = await answered(ask(dialect, 'local/qwen', { stream: true }), dialect);
      const calls = streamedCalls(dialect, text).map(({ name, arguments: args }) => [name, args === '' ? '{}' : args]);
      expect(calls).toEqual(expected);
      expect(text).not.toContain('event: error');
      expect(text).toMatch(/message_stop|response\.completed/);
    },
  );

  it.each([
    ['a list of texts', ['It is ', 'warm.'], 'It is warm.', ''],
    ['a part without a list', { type: 'text', text: 'It is warm.' }, 'It is warm.', ''],
    ['the JSON itself', { id: 1 }, '{"id":1}', ''],
    ['a number', 42, '42', ''],
    [
      'thoughts among the parts',
      [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Warm.' },
      ],
      'Warm.',
      'Hm.',
    ],
  ])('%s is an answer, plain and streamed', async (_title, content, text, thoughts) => {
    for (const stream of both) {
      const choice = stream ? { delta: { content } } : { message: { content }, finish_reason: 'stop' };
      const whole = { ...head, choices: [choice] };
      gateway.fakes.openai.fault({
        kind: 'body',
        body: stream
          ? sse(whole, { ...head, choices: [{ delta: {}, finish_reason: 'stop' }] }, '[DONE]')
          : JSON.stringify(whole),
        contentType: stream ? 'text/event-stream' : 'application/json',
      });
      const answer = await answered(ask('messages', 'local/qwen', { stream }), 'messages');
      const said = stream
        ? eventsOf(answer.text).map(({ delta }) => delta as Json | undefined)
        : ((JSON.parse(answer.text) as Json).content as Json[]);
      expect(said.map((one) => one?.text ?? '').join('')).toBe(text);
      expect(said.map((one) => one?.thinking ?? '').join('')).toBe(thoughts);
    }
  });

  it.each([
    ['a call that is announced and does not come', 'tool_calls', null],
    ['an answer that ends in an error', 'error', 'It is'],
  ])('%s is a failure, plain and streamed', async (_title, finish_reason, content) => {
    for (const stream of both) {
      const choice = stream ? { delta: { content }, finish_reason } : { message: { content }, finish_reason };
      const whole = { ...head, choices: [choice] };
      gateway.fakes.openai.fault({
        kind: 'body',
        body: stream ? sse(whole, '[DONE]') : JSON.stringify(whole),
        contentType: stream ? 'text/event-stream' : 'application/json',
      });
      const { text } = await answered(ask('messages', 'local/qwen', { stream }), 'messages');
      expect(text).toContain('provider_error');
      expect(text).not.toContain('message_stop');
      await answered(ask('messages', 'local/qwen'), 'messages');
    }
  });

  it('is the first choice where a stream has several', async () => {
    const other = (index: number, content: string) => ({ ...head, choices: [{ index, delta: { content } }] });
    const body = sse(other(1, 'second'), other(0, 'first'), {
      ...head,
      choices: [{ delta: {}, finish_reason: 'stop' }],
    });
    gateway.fakes.openai.fault({ kind: 'body', body, contentType: 'text/event-stream' });
    const { text } = await answered(ask('messages', 'local/qwen', { stream: true }), 'messages');
    expect(text).toContain('first');
    expect(text).not.toContain('second');
  });

  it.each(dialects)('gets an id of its own where two calls share one: %s', async (dialect) => {
    const calls = [{ a: 1 }, { a: 2 }].map((args) => ({ functionCall: { id: 'same', name: 'get', args } }));
    const whole = { candidates: [{ content: { parts: calls }, finishReason: 'STOP' }] };
    for (const stream of both) {
      gateway.fakes.gemini.fault({
        kind: 'body',
        body: stream ? sse(whole) : JSON.stringify(whole),
        contentType: stream ? 'text/event-stream' : 'application/json',
      });
      const { text } = await answered(ask(dialect, models.gemini, { stream }), dialect);
      expect(text).toContain('"same"');
      expect(text).toContain('"same_2"');
    }
  });

  it.each([
    ['an object', { id: 1 }],
    ['nothing', null],
  ])('in the history of a response may have %s for arguments', async (_title, args) => {
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'function_call', call_id: 'call_1', name: 'get', arguments: args },
      { type: 'function_call_output', call_id: 'call_1', output: 'done' },
    ];
    const { status } = await answered(JSON.stringify({ model: models.anthropic, input }), 'responses');
    expect(status).toBe(200);
    const [, turn] = (gateway.fakes.anthropic.requests[0]?.json.messages ?? []) as { content: Json[] }[];
    expect(turn?.content).toMatchObject([{ type: 'tool_use', input: args ?? {} }]);
  });

  it.each([
    ['an object', { x: 1 }, '{"x":1}'],
    ['nothing', undefined, '{}'],
    ['null', null, '{}'],
    ['an empty text', '', '{}'],
  ])('plain, with %s for arguments', async (_title, value, expected) => {
    for (const dialect of readers) {
      const call = { id: 'c1', type: 'function', function: { name: 'a', arguments: value } };
      const body = {
        ...head,
        choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
      };
      gateway.fakes.openai.fault({ kind: 'body', body: JSON.stringify(body) });
      const { status, text } = await answered(ask(dialect, 'local/qwen'), dialect);
      expect(status).toBe(200);
      expect(callsOf(dialect, text, false)).toMatchObject([{ name: 'a', arguments: expected }]);
    }
  });

  it.each(['chat', 'responses'] as const)(
    'Claude’s blocks that overlap, and input in the block’s start, reach %s whole',
    async (dialect) => {
      const start = (index: number, name: string, input: unknown) => ({
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', id: `toolu_${name}`, name, input },
      });
      const delta = (index: number, partial_json: unknown) => ({
        type: 'content_block_delta',
        index,
        delta: { type: 'input_json_delta', partial_json },
      });
      const stop = (index: number) => ({ type: 'content_block_stop', index });
      gateway.fakes.anthropic.fault({
        kind: 'body',
        contentType: 'text/event-stream',
        body: sse(
          { type: 'message_start', message: { id: 'm', model: 'claude' } },
          start(0, 'a', {}),
          start(1, 'b', {}),
          start(2, 'c', { path: '/a' }),
          delta(1, '{"b":2'),
          delta(0, '{"a":1}'),
          delta(1, '}'),
          stop(0),
          stop(1),
          stop(2),
          // Input as an object, and a number that comes again before its first block is over.
          start(3, 'd', {}),
          delta(3, { d: 4 }),
          stop(3),
          start(4, 'e', { e: 5 }),
          start(4, 'f', { f: 6 }),
          stop(4),
          { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
          { type: 'message_stop' },
        ),
      });
      const { text } = await answered(ask(dialect, models.anthropic, { stream: true }), dialect);
      expect(streamedCalls(dialect, text).map((call) => [call.name, call.arguments])).toEqual([
        ['a', '{"a":1}'],
        ['b', '{"b":2}'],
        ['c', '{"path":"/a"}'],
        ['d', '{"d":4}'],
        ['e', '{"e":5}'],
        ['f', '{"f":6}'],
      ]);
    },
  );

  // These are failures of the provider's, which is left alone after a few: they come last.
  it.each([
    ['no name at all', piece(fn(0, { id: 'call_a' }, undefined, '{"x":1}'))],
    ['arguments that break off', piece(fn(0, { id: 'call_a' }, 'a', '{"x":'))],
    ['arguments that are a list', piece(fn(0, { id: 'call_a' }, 'a', [1]))],
    ['half an event', '{"choices":[{"delta":{"tool'],
  ])('is an error, never a call with nothing: %s', async (_title, frame) => {
    for (const dialect of readers) {
      gateway.fakes.openai.fault({ kind: 'body', body: sse(head, frame, ...done), contentType: 'text/event-stream' });
      const { status, text } = await answered(ask(dialect, 'local/qwen', { stream: true }), dialect);
      expect(`${status} ${text}`).toMatch(/^(50\d .*|200 .*)"error"/s);
      expect(text).not.toMatch(/message_stop|response\.completed/);
    }
  });

  it.each([
    ['a list', [1]],
    ['a number', 7],
    ['half an object', '{"x":'],
  ])('is an error too, plain, with %s for arguments', async (_title, value) => {
    for (const dialect of readers) {
      const call = { id: 'c1', type: 'function', function: { name: 'a', arguments: value } };
      const body = {
        ...head,
        choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
      };
      gateway.fakes.openai.fault({ kind: 'body', body: JSON.stringify(body) });
      const { status } = await answered(ask(dialect, 'local/qwen'), dialect);
      expect(`${status}`).toMatch(/^50/);
    }
  });
});
