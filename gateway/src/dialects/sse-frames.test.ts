import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameSplitter } from './sse-frames.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const frame = fc
  .tuple(
    fc.array(fc.constantFrom('data: {"a":"ü🌍"}', 'event: x', ': comment', 'id: 1'), { minLength: 1, maxLength: 3 }),
    lineEnd,
  )
  .map(([lines, end]) => `${lines.join(end)}${end}${end}`);

describe('frames of server-sent events', () => {
  it('are the same wherever the network cuts the stream', () => {
    fc.assert(
      fc.property(
        fc
          .array(frame, { maxLength: 6 })
          .filter((frames) => new Set(frames.map((one) => /\r\n|\r|\n/.exec(one)?.[0])).size <= 1),
        fc.array(fc.nat({ max: 200 }), { maxLength: 8 }),
        (frames, cuts) => {
          const bytes = Buffer.from(frames.join(''));
          const at = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort(
            (a, b) => a - b,
          );
          const splitter = createFrameSplitter();
          const found = at
            .slice(1)
            .flatMap((end, i) => splitter.push(bytes.subarray(at[i], end)).map((one) => Buffer.from(one)));
          expect(Buffer.concat(found).equals(bytes)).toBe(true);
          // A CR CR that is cut may be told one byte early or late, but never in the middle of a line.
          expect(found.every((one) => /(\n|\r)$/.test(one.toString('utf8')))).toBe(true);
          if (!bytes.includes(13)) expect(found.map(String)).toEqual(frames);
        },
      ),
    );
  });

  it('hold back what is not whole', () => {
    const splitter = createFrameSplitter();
    expect(splitter.push(Buffer.from('data: 1\n'))).toEqual([]);
    expect(splitter.push(Buffer.from('\ndata: 2')).map(String)).toEqual(['data: 1\n\n']);
    expect(splitter.push(Buffer.from('\r\n\r\n')).map(String)).toEqual(['data: 2\r\n\r\n']);
  });

  it('do not grow without end', () => {
    const splitter = createFrameSplitter();
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    expect(() => {
      for (let i = 0; i < 20; i++) splitter.push(megabyte);
    }).toThrow(/16 MiB/);
  });
});
