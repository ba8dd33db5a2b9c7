import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputOf } from '../dialects/call-input.ts';
import type { NeutralCall, Part } from '../dialects/neutral.ts';
import { boundInputTokens, countTokens, estimateUsage, isOpaque, likelyInputTokens } from './count-tokens.ts';

type Sent = Pick<NeutralCall, 'messages' | 'tools'>;

function sent(parts: readonly Part[], tools: NeutralCall['tools'] = []): Sent {
  return { messages: [{ role: 'user', parts }], tools };
}

function text(words: string): Part {
  return { kind: 'text', text: words };
}

const picture: Part = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'A'.repeat(200_000) } };
const weather = { name: 'weather', parameters: { type: 'object', properties: {} } };

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

  it('counts a picture by the piece at the most any model makes of it, not by its bytes', () => {
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

describe('what a vendor reads beside the request', () => {
  const asks = (...onlyNative: string[]) => isOpaque({ onlyNative, extra: {}, messages: [] });

  it('is nothing where a word of a server’s own stands in the request itself', () => {
    expect(asks('reasoning_effort', 'response_format', 'tool_choice')).toBe(false);
  });

  it('may be anything where something is fetched', () => {
    expect(asks('reasoning_effort', 'video_url')).toBe(true);
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
