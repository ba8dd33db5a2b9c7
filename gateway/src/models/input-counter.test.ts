import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import { messages } from '../dialects/messages.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { responses } from '../dialects/responses.ts';
import { boundInputTokens, contentBytes, countTokens } from './count-tokens.ts';
import { InputCounter, type Reader } from './input-counter.ts';

const gpt4o: Reader = { kind: 'openai', model: 'gpt-4o', contextWindow: 128_000 };
const gpt4Turbo: Reader = { kind: 'openai', model: 'gpt-4-turbo', contextWindow: 128_000 };
const claude: Reader = { kind: 'anthropic', model: 'claude-sonnet-4-5', contextWindow: 200_000 };

function counterOf(dialect: Dialect, body: object): { bound: number; counter: InputCounter } {
  const json = { model: 'gpt-4o', ...body } as JsonObject;
  const bytes = Buffer.from(JSON.stringify(json));
  const call = dialect.read(json);
  const bound = boundInputTokens(call, contentBytes(outlineJson(bytes), bytes.length));
  return { bound, counter: new InputCounter(call, json, bound) };
}

function tokens(dialect: Dialect, body: object, reader: Reader = gpt4o): Promise<number> {
  return counterOf(dialect, body).counter.tokensFor(reader);
}

const said = (content: unknown) => ({ max_tokens: 9, messages: [{ role: 'user', content }] });
const hi = said('Hi');

describe('no less than what is sent', () => {
  const fields = Array.from({ length: 200 }, (_, n) => [`field_${n}`, { type: 'string', description: `What ${n} is` }]);
  const schema = { type: 'object', properties: Object.fromEntries(fields) };
  const tool = (maximum: number) => ({
    type: 'function',
    function: { name: 'f', parameters: { type: 'object', properties: { n: { type: 'integer', maximum } } } },
  });
  const block = { type: 'text', text: JSON.stringify(schema) };

  it.each<[string, Dialect, object, unknown]>([
    [
      'a schema of the answer',
      chat,
      { ...hi, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
      schema,
    ],
    [
      'the same in a response',
      responses,
      { input: 'Hi', text: { format: { type: 'json_schema', name: 'x', schema } } },
      schema,
    ],
    ['a prediction', chat, { ...hi, prediction: { type: 'content', content: JSON.stringify(schema) } }, schema],
    ['the old functions', chat, { ...hi, functions: [{ name: 'f', parameters: schema }] }, schema],
    [
      'a document of blocks',
      messages,
      said([{ type: 'document', source: { type: 'content', content: [block] } }]),
      schema,
    ],
    ['a document of text', messages, said([{ type: 'document', source: { type: 'text', data: block.text } }]), schema],
    ['what nobody has heard of', chat, { ...hi, brand_new: schema }, schema],
    ['a tool with long numbers in it', chat, { ...hi, tools: [tool(1e20)] }, tool(1e20).function.parameters],
  ])('is counted: %s', async (_, dialect, body, sentToo) => {
    expect(await tokens(dialect, body)).toBeGreaterThanOrEqual(await countTokens(JSON.stringify(sentToo)));
  });

  it('of a very long text, what is not counted is taken for as many tokens as it has bytes', async () => {
    expect(await tokens(chat, said(' '.repeat(200_000) + '\u8f69'.repeat(100_000)))).toBeGreaterThanOrEqual(300_000);
  });

  it.each([
    [
      'Hindi',
      '\u092e\u0947\u0930\u0947 \u0932\u093f\u090f \u0938\u093e\u0930\u093e\u0902\u0936 \u0932\u093f\u0916\u094b \u0964 '.repeat(
        100,
      ),
    ],
    [
      'Arabic',
      '\u0627\u0643\u062a\u0628 \u0644\u064a \u0645\u0644\u062e\u0635\u0627 \u0644\u0644\u0631\u0633\u0627\u0644\u0629 '.repeat(
        100,
      ),
    ],
    ['German', 'Fasse mir die folgende E-Mail bitte in zwei S\u00e4tzen zusammen. '.repeat(100)],
  ])('%s is more tokens to older models, and as many as bytes where nobody knows', async (_, text) => {
    const old = countCl100k(text);
    expect(await tokens(chat, said(text), gpt4Turbo)).toBeGreaterThanOrEqual(old);
    expect(await tokens(chat, said(text), { ...gpt4o, model: 'ft:gpt-3.5-turbo:acme' })).toBeGreaterThanOrEqual(old);
    expect(await tokens(chat, said(text), claude)).toBeGreaterThanOrEqual(old);
    expect(await tokens(chat, said(text))).toBeGreaterThanOrEqual(await countTokens(text));
  });

  it('every block has a frame of its own', async () => {
    const blocks = Array.from({ length: 1_000 }, (_, n) => ({ type: 'text', text: '', id: `id_${n}` }));
    expect(await tokens(chat, said(blocks))).toBeGreaterThan(4_000);
  });
});

describe('what the request does not show', () => {
  const pdf = 'JVBERi0xLjQ='.repeat(100);
  it.each<[string, Dialect, object]>([
    [
      'a PDF',
      chat,
      said([{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` } }]),
    ],
    [
      'a PDF of a response',
      responses,
      { input: [{ role: 'user', content: [{ type: 'input_file', file_data: pdf }] }] },
    ],
    [
      'a PDF for Claude',
      messages,
      said([{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } }]),
    ],
    [
      'a document by its address',
      messages,
      said([{ type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } }]),
    ],
    ['sound', chat, said([{ type: 'input_audio', input_audio: { data: pdf, format: 'mp3' } }])],
    ['a stored conversation', responses, { input: 'Hi', previous_response_id: 'resp_1' }],
    ['a search', responses, { input: 'Hi', tools: [{ type: 'web_search' }] }],
    ['a search of chat', chat, { ...hi, web_search_options: {} }],
    ['other people\u2019s tools', messages, { ...hi, mcp_servers: [{ url: 'https://x.test' }] }],
  ])('is taken for the model’s window: %s', async (_, dialect, body) => {
    expect(await tokens(dialect, body)).toBe(128_000);
    expect(await tokens(dialect, body, { ...gpt4o, contextWindow: undefined })).toBe(2_000_000);
  });

  it('a megabyte of a PDF costs no more than a window', async () => {
    const data = `data:application/pdf;base64,${'A'.repeat(1_400_000)}`;
    expect(await tokens(chat, said([{ type: 'file', file: { file_data: data } }]))).toBe(128_000);
  });

  it.each<[string, Dialect, object]>([
    ['chat', chat, said([{ type: 'image_url', image_url: { url: 'data:video/mp4;base64,AAAA' } }])],
    [
      'responses',
      responses,
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:application/pdf;base64,AAAA' }] }] },
    ],
    [
      'messages',
      messages,
      said([{ type: 'image', source: { type: 'base64', media_type: 'video/mp4', data: 'AAAA' } }]),
    ],
  ])('a film is no picture: %s', (_, dialect, body) => {
    expect(() => dialect.read({ model: 'm', ...body } as JsonObject)).toThrow(/image\//);
  });
});

describe('close to the truth', () => {
  it('nothing is held for settings, little for what stands around a text', async () => {
    const words = 'The quick brown fox jumps over the lazy dog. '.repeat(100);
    const body = { ...said(words), user: 'u'.repeat(500), metadata: { a: 'b' } };
    expect(counterOf(chat, body).bound).toBeGreaterThan(4_400);
    expect(await tokens(chat, body)).toBeLessThan((await countTokens(words)) + 40);
  });

  it('a picture is what the model at hand makes of one', async () => {
    const picture = (detail?: string) =>
      said([{ type: 'image_url', image_url: { url: 'https://x.test/a.png', detail } }]);
    expect(await tokens(chat, picture())).toBeLessThan(1_500);
    expect(await tokens(chat, picture(), { ...gpt4o, model: 'gpt-4o-mini' })).toBeGreaterThan(48_000);
    expect(await tokens(chat, picture('low'), { ...gpt4o, model: 'gpt-4o-mini' })).toBeLessThan(3_000);
    expect(await tokens(chat, picture('low'), claude)).toBeGreaterThan(4_900);
  });
});

it('counts each digit for a model that may make a token of it', async () => {
  const digits = '1234567890'.repeat(300);
  expect(await tokens(messages, said(digits), claude)).toBeGreaterThanOrEqual(3_000);
});
