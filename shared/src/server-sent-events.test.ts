import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvents, type StreamItem } from './server-sent-events.ts';

async function read(...chunks: (string | Uint8Array)[]): Promise<StreamItem[]> {
  const items: StreamItem[] = [];
  for await (const item of readEvents(chunks)) items.push(item);
  return items;
}

describe('a stream of events', () => {
  test('gives events, their names and comments in order', async () => {
    expect(await read('event: ping\ndata: {}\n\n: gateway {"cost_usd":1}\n\ndata: [DONE]\n\n')).toEqual([
      { event: 'ping', data: '{}' },
      { comment: 'gateway {"cost_usd":1}' },
      { event: undefined, data: '[DONE]' },
    ]);
  });

  test('joins the lines of one event, and takes one space only off each', async () => {
    expect(await read('data:a\ndata:  b\ndata\n\n')).toEqual([{ event: undefined, data: 'a\n b\n' }]);
  });

  test('drops an event that was cut off', async () => {
    expect(await read('data: whole\n\ndata: hal')).toEqual([{ event: undefined, data: 'whole' }]);
    expect(await read('data: no blank line\n')).toEqual([]);
  });

  test.each(['\n', '\r\n', '\r'])(
    'says the same wherever the network cuts it, with lines ending in %j',
    async (end) => {
      const lines = ['event: delta', 'data: Grüße 👋', 'data: zwei', '', ': gateway {}', '', 'data: [DONE]', '', ''];
      const bytes = new TextEncoder().encode(lines.join(end));
      const whole = await read(bytes);
      expect(whole).toHaveLength(3);
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          const chunks = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
          expect(await read(...chunks)).toEqual(whole);
        }),
      );
    },
  );
});
