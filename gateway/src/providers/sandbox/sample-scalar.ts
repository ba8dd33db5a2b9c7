import type { JsonObject } from '../../dialects/neutral.ts';

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};

const lengthMax = 10_000;

/** `pattern` is not looked at: to run a caller's expression is to let a caller stop the process. */
export function sampleText(schema: JsonObject): string {
  const { format, minLength, maxLength } = schema;
  const known = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (known !== undefined) return known;
  const shortest = typeof minLength === 'number' ? Math.min(minLength, lengthMax) : 0;
  const text = 'sandbox'.padEnd(shortest, '.');
  return typeof maxLength === 'number' ? text.slice(0, Math.max(0, maxLength)) : text;
}

/** The least number allowed; where there is no least, one, or the most if that is less. */
export function sampleNumber(schema: JsonObject, { whole }: { whole: boolean }): number {
  const low = boundOf(schema.minimum, schema.exclusiveMinimum, Math.max);
  const high = boundOf(schema.maximum, schema.exclusiveMaximum, Math.min);
  const step = stepOf(schema.multipleOf, whole);
  if (step === undefined) {
    if (low !== undefined) return low.open ? (low.at + Math.min(low.at + 2, high?.at ?? low.at + 2)) / 2 : low.at;
    if (high === undefined || high.at > 1) return 1;
    return high.open ? high.at - 1 : high.at;
  }
  if (low !== undefined) {
    const least = Math.ceil(low.at / step) * step;
    return low.open && least === low.at ? least + step : least;
  }
  if (high === undefined || high.at > step) return step;
  const most = Math.floor(high.at / step) * step;
  return high.open && most === high.at ? most - step : most;
}

interface Bound {
  at: number;
  /** The bound itself is not allowed. */
  open: boolean;
}

function boundOf(closed: unknown, open: unknown, tighter: (a: number, b: number) => number): Bound | undefined {
  if (typeof open === 'number')
    return typeof closed === 'number' && closed !== open && tighter(closed, open) === closed
      ? { at: closed, open: false }
      : { at: open, open: true };
  return typeof closed === 'number' ? { at: closed, open: false } : undefined;
}

function stepOf(multipleOf: unknown, whole: boolean): number | undefined {
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : undefined;
  if (!whole) return step;
  return step !== undefined && Number.isInteger(step) ? step : 1;
}
