import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameSplitter } from './sse-frames.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.constantFrom('data: {"a":"ü🌍"}', 'event: x', ': comment', 'id: 1', 'data:');
/** Lines of one stream may even end differently from each other. */
const frame = fc
  .tuple(fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 3 }), lineEnd)
  .map(([lines, blank]) => lines.flat().join('') + blank);
const stream = fc
  .tuple(fc.constantFrom('', '\ufeff'), fc.array(frame, { maxLength: 6 }))
  .map(([bom, frames]) => bom + frames.join(''));

function split(bytes: Buffer, cuts: readonly number[]): { frames: string[]; rest: string } {
  const splitter = createFrameSplitter();
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
  const frames = edges.slice(1).flatMap((end, i) => splitter.push(bytes.subarray(edges[i], end)).map(String));
  return { frames, rest: splitter.rest.toString() };
}

const events = (text: string): { event: string | undefined; data: string }[] => {
  const found: { event: string | undefined; data: string }[] = [];
  createParser({ onEvent: ({ event, data }) => void found.push({ event, data }) }).feed(text);
  return found;
};

describe('frames of server-sent events', () => {
  it('are the same wherever the network cuts the stream', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 200 }), { maxLength: 8 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const whole = split(bytes, []);
        expect(split(bytes, cuts)).toEqual(whole);
        expect(split(bytes, [...bytes.keys()])).toEqual(whole);
        expect(whole.frames.join('') + whole.rest).toBe(text);
      }),
    );
  });

  it('hold one event each', () => {
    fc.assert(
      fc.property(stream, (text) => {
        const { frames, rest } = split(Buffer.from(text), []);
        expect([...frames, rest].map((one) => events(one).length <= 1)).not.toContain(false);
        // Only a CR that ends everything is still waited on, for the LF that may follow.
        expect([...frames, rest.replace(/\r$/, '\r\n')].flatMap(events)).toEqual(events(text.replace(/\r$/, '\r\n')));
      }),
    );
  });

  it.each([
    ['LF', 'data: 1\n\ndata: 2\n\n', ['data: 1\n\n', 'data: 2\n\n']],
    ['CR LF', 'data: 1\r\n\r\ndata: 2\r\n\r\n', ['data: 1\r\n\r\n', 'data: 2\r\n\r\n']],
    ['CR', 'data: 1\r\rdata: 2\r\r', ['data: 1\r\r', 'data: 2\r\r']],
    [
      'a mixture',
      'data: 1\r\n\ndata: 2\n\r\ndata: 3\r\rdata: 4\n\n',
      ['data: 1\r\n\n', 'data: 2\n\r\n', 'data: 3\r\r', 'data: 4\n\n'],
    ],
    [
      'comments and a byte order mark',
      '\ufeff: hello\n\n: ping\ndata: 1\n\n',
      ['\ufeff: hello\n\n', ': ping\ndata: 1\n\n'],
    ],
  ])('end with a blank line, by %s', (_name, text, frames) => {
    expect(split(Buffer.from(text), [])).toEqual({ frames, rest: '' });
  });

  it('hold back what is not whole', () => {
    const splitter = createFrameSplitter();
    expect(splitter.push(Buffer.from('data: 1\n'))).toEqual([]);
    expect(splitter.push(Buffer.from('\ndata: 2')).map(String)).toEqual(['data: 1\n\n']);
    expect(splitter.push(Buffer.from('\r\n\r\n')).map(String)).toEqual(['data: 2\r\n\r\n']);
    expect(splitter.push(Buffer.from('data: 3\r\n')).map(String)).toEqual([]);
    expect(splitter.rest.toString()).toBe('data: 3\r\n');
  });

  it('are views into the chunk they came in, not copies', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\n\ndata: 3');
    for (const one of createFrameSplitter().push(chunk)) expect(one.buffer).toBe(chunk.buffer);
  });

  it('do not grow without end', () => {
    const splitter = createFrameSplitter();
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    for (let i = 0; i < 16; i++) expect(splitter.push(megabyte)).toEqual([]);
    expect(() => splitter.push(megabyte)).toThrow(/16 MiB/);
  });
});
