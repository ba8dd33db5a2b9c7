import { expect, it } from 'vitest';
import { newSpanId, newTraceId, readTraceContext } from './trace-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';

it('reads the trace that a caller has begun', () => {
  expect(readTraceContext(`00-${trace}-${span}-01`, 'vendor=value')).toEqual({
    traceId: trace,
    spanId: span,
    isSampled: true,
    state: 'vendor=value',
  });
  expect(readTraceContext(`00-${trace}-${span}-00`, undefined)?.isSampled).toBe(false);
  // A later version may add to it.
  expect(readTraceContext(`01-${trace}-${span}-01-more`, undefined)?.traceId).toBe(trace);
});

it.each([
  undefined,
  '',
  'nonsense',
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01-more`,
  `ff-${trace}-${span}-01`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}-01${' '.repeat(1000)}`,
])('takes %s for none', (header) => {
  expect(readTraceContext(header, undefined)).toBeUndefined();
});

it('leaves out a state that is too long or no text of a header', () => {
  expect(readTraceContext(`00-${trace}-${span}-01`, 'x'.repeat(513))?.state).toBeUndefined();
  expect(readTraceContext(`00-${trace}-${span}-01`, ['a=1', 'b=2'])?.state).toBe('a=1,b=2');
});

it('draws ids of the right length', () => {
  expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
  expect(newSpanId()).toMatch(/^[0-9a-f]{16}$/);
});
