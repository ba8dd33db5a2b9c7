import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import { messages } from '../dialects/messages.ts';
import type { JsonObject, NeutralCall, Part } from '../dialects/neutral.ts';
import { responses } from '../dialects/responses.ts';
import {
  boundInputTokens,
  boundUnseen,
  contentBytes,
  countInputTokens,
  countTokens,
  estimateUsage,
  inputOf,
  likelyInputTokens,
} from './count-tokens.ts';

type Sent = Pick<NeutralCall, 'messages' | 'tools'>;

function sent(parts: readonly Part[], tools: NeutralCall['tools'] = []): Sent {
  return { messages: [{ role: 'user', parts }], tools };
}

function text(words: string): Part {
  return { kind: 'text', text: words };
}

const picture: Part = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'A'.repeat(200_000) } };
const weather = { name: 'weather', parameters: { type: 'object', properties: {} } };
const tool = (maximum: number) => ({
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: { n: { type: 'integer', maximum } } } },
});

describe('the bound of what a call sends', () => {
  it('is never passed by a true count, whatever the text', async () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.lorem(),
      fc.string({ unit: 'grapheme' }),
    );
    await fc.assert(
      fc.asyncProperty(anyText, async (words) => {
        const body = Buffer.byteLength(JSON.stringify({ messages: [{ role: 'user', content: words }] }));
        expect(boundInputTokens(sent([text(words)]), body)).toBeGreaterThanOrEqual(await countTokens(words));
      }),
    );
  });

  it('counts a picture by the piece at the dearest any model makes of it, not by its bytes', () => {
    const bound = boundInputTokens(sent([picture]), 200_100);
    expect(bound).toBeGreaterThanOrEqual(2_833 + 8 * 5_667);
    expect(bound).toBeLessThan(50_000);
  });

  it('knows that a picture of low detail is cheaper', () => {
    expect(boundInputTokens(sent([{ ...picture, detail: 'low' }]), 200_100)).toBeLessThan(5_200);
  });

  it('finds the pictures in a tool’s result', () => {
    const result: Part = { kind: 'tool-result', toolCallId: 'a', content: [picture, text('there')] };
    expect(boundInputTokens(sent([result]), 200_100)).toBe(boundInputTokens(sent([picture]), 200_100));
  });

  it('leaves room for the prompt a vendor adds where there are tools', () => {
    const more = boundInputTokens(sent([text('Hi')], [weather]), 100) - boundInputTokens(sent([text('Hi')]), 100);
    expect(more).toBeGreaterThanOrEqual(530);
  });
});

describe('the input counted, where money is short', () => {
  const fields = Array.from({ length: 200 }, (_, n) => [`field_${n}`, { type: 'string', description: `What ${n} is` }]);
  const schema = { type: 'object', properties: Object.fromEntries(fields) };
  const hi = [{ role: 'user', content: 'Hi' }];
  const said = (content: unknown) => ({ max_tokens: 9, messages: [{ role: 'user', content }] });

  async function counted(dialect: Dialect, body: object, exact = true): Promise<{ bound: number; counted: number }> {
    const json = { model: 'gpt-4o', ...body };
    const bytes = Buffer.from(JSON.stringify(json));
    const call = dialect.read(json as JsonObject);
    const bound = boundInputTokens(call, contentBytes(outlineJson(bytes), bytes.length));
    return { bound, counted: await countInputTokens(json as JsonObject, { bound, exact }) };
  }

  it.each<[string, Dialect, object, unknown]>([
    ['a schema of the answer', chat, { messages: hi, response_format: { json_schema: { schema } } }, schema],
    ['the same in a response', responses, { input: 'Hi', text: { format: { name: 'x', schema } } }, schema],
    ['a prediction', chat, { messages: hi, prediction: { type: 'content', content: JSON.stringify(schema) } }, schema],
    ['the old functions', chat, { messages: hi, functions: [{ name: 'f', parameters: schema }] }, schema],
    [
      'a document of blocks',
      messages,
      said([
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: JSON.stringify(schema) }] } },
      ]),
      schema,
    ],
    ['a tool with long numbers in it', chat, { messages: hi, tools: [tool(1e20)] }, tool(1e20).function.parameters],
  ])('is no less than what is sent: %s', async (_, dialect, body, sentToo) => {
    const { bound, counted: tokens } = await counted(dialect, body);
    expect(tokens).toBeGreaterThanOrEqual(await countTokens(JSON.stringify(sentToo)));
    expect(tokens).toBeLessThanOrEqual(bound);
  });

  it('of a very long text takes what is not counted for as many tokens as it has bytes', async () => {
    const spaces = ' '.repeat(200_000);
    const rare = '\u8f69'.repeat(100_000);
    const { counted: tokens } = await counted(chat, said(spaces + rare));
    expect(tokens).toBeGreaterThanOrEqual(300_000);
  });

  it('is close to the truth for text: nothing is held for settings, little for what stands around it', async () => {
    const words = 'The quick brown fox jumps over the lazy dog. '.repeat(100);
    const { bound, counted: tokens } = await counted(chat, {
      ...said(words),
      user: 'u'.repeat(500),
      metadata: { a: 'b' },
    });
    expect(bound).toBeGreaterThan(4_400);
    expect(tokens).toBeLessThan((await countTokens(words)) + 80);
  });

  it('is a model’s window where not all of it stands in the request', () => {
    const unseen = (onlyNative: string[], contextWindow?: number): number =>
      boundUnseen({ onlyNative }, { inputTokens: 100, contextWindow });
    expect(unseen([])).toBe(100);
    expect(unseen(['input_audio'])).toBe(100);
    expect(unseen(['previous_response_id'], 128_000)).toBe(128_000);
    expect(unseen(['web_search'])).toBe(2_000_000);
  });
});

describe('what a call likely comes to', () => {
  it('is a quarter of its text', () => {
    const call = sent([text('x'.repeat(400_000))]);
    expect(likelyInputTokens(call, boundInputTokens(call, 400_000))).toBeCloseTo(100_000, -2);
  });

  it('takes pictures and documents for ordinary ones, however many bytes they have', () => {
    const document: Part = { kind: 'file', mediaType: 'application/pdf', data: 'A'.repeat(1_000_000) };
    const call = sent([picture, picture, document]);
    const likely = likelyInputTokens(call, boundInputTokens(call, 1_400_200));
    expect(likely).toBeGreaterThan(2 * 1_600 + 30_000);
    expect(likely).toBeLessThan(50_000);
  });
});

describe('a count of tokens', () => {
  it.each([
    ['', 0],
    ['hello world', 2],
    ['<|endoftext|>', 7],
    ['The quick brown fox jumps over the lazy dog.', 10],
  ])('of %j is %i', async (words, tokens) => {
    expect(await countTokens(words)).toBe(tokens);
  });

  it('is the same in slices as in one', async () => {
    const sentence = 'The quick brown fox jumps over the lazy dog. ';
    const { countTokens: whole } = await import('gpt-tokenizer/encoding/o200k_base');
    const long = sentence.repeat(500);
    expect(await countTokens(long)).toBe(whole(long));
  });

  it('lets others work while it counts one endless word', async () => {
    let turns = 0;
    const others = setInterval(() => {
      turns += 1;
    }, 0);
    const word = Array.from({ length: 200_000 }, (_, i) => 'abcdefghijklmnopqrstuvwxyz'[(i * i + 7 * i) % 26]).join('');
    const tokens = await countTokens(word);
    clearInterval(others);
    expect(turns).toBeGreaterThan(0);
    expect(tokens).toBeGreaterThan(50_000);
    expect(tokens).toBeLessThanOrEqual(200_000);
  });

  it('takes the rest of a very long text to be like its beginning', async () => {
    const part = 'All work and no play. '.repeat(10_000);
    const [once, tenfold] = await Promise.all([countTokens(part), countTokens(part.repeat(10))]);
    expect(Math.abs(tenfold / once - 10)).toBeLessThan(0.01);
  });
});

describe('an estimate', () => {
  it('counts every part of what was sent, and what was received', async () => {
    const call: Sent = {
      messages: [
        { role: 'system', parts: [text('Be brief.')] },
        { role: 'user', parts: [text('Weather in Paris?'), picture] },
        { role: 'assistant', parts: [{ kind: 'tool-call', id: 'a', name: 'weather', arguments: '{"city":"Paris"}' }] },
        { role: 'tool', parts: [{ kind: 'tool-result', toolCallId: 'a', content: [text('Rain')] }] },
      ],
      tools: [{ ...weather, description: 'Tells the weather' }],
    };
    const input = inputOf(call);
    for (const words of ['Be brief.', 'Paris?', '{"city":"Paris"}', 'Rain', 'Tells the weather', '"properties"'])
      expect(input.inputText).toContain(words);
    expect(input.images).toBe(1);
    const usage = await estimateUsage({ ...input, outputText: 'It rains.' });
    expect(usage.inputTokens).toBe(1_600 + (await countTokens(input.inputText)));
    expect(usage.outputTokens).toBe(await countTokens('It rains.'));
  });

  it('does not take a document’s base64 for words', async () => {
    const pdf = sent([{ kind: 'file', mediaType: 'application/pdf', data: 'JVBERi0x'.repeat(125_000) }]);
    const { inputTokens } = await estimateUsage({ ...inputOf(pdf), outputText: '' });
    expect(inputTokens).toBe(30_000);
  });

  it('reads a document that is text', async () => {
    const data = Buffer.from('hello world').toString('base64');
    expect(inputOf(sent([{ kind: 'file', mediaType: 'text/plain', data }]))).toMatchObject({
      inputText: 'hello world',
      fileTokens: 0,
    });
  });
});
