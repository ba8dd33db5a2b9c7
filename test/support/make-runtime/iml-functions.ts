import { createHash, createHmac } from 'node:crypto';
import { formatDate, parseDate } from './iml-dates.ts';
import { ImlError } from './iml-parser.ts';

/** IML's functions, but for the lazy ones (`if`, `ifempty`, `switch`). A name that is not here is an error, where Make says nothing. */
export const imlFunctions: Readonly<Record<string, (...args: never[]) => unknown>> = {
  get: (of: unknown, key: string) => own(of, key),
  pick: (of: object, ...keys: string[]) => Object.fromEntries(Object.entries(of).filter(([key]) => keys.includes(key))),
  omit: (of: object, ...keys: string[]) =>
    Object.fromEntries(Object.entries(of).filter(([key]) => !keys.includes(key))),

  length: (of: unknown) => (typeof of === 'string' || Array.isArray(of) ? of.length : 0),
  lower: (text: unknown) => textOf(text).toLowerCase(),
  upper: (text: unknown) => textOf(text).toUpperCase(),
  capitalize: (text: unknown) => textOf(text).replace(/^./u, (letter) => letter.toUpperCase()),
  trim: (text: unknown) => textOf(text).trim(),
  substring: (text: unknown, from: number, to: number) => textOf(text).substring(from, to),
  indexOf: (text: unknown, part: unknown) => textOf(text).indexOf(textOf(part)),
  contains: (of: unknown, part: unknown) => (Array.isArray(of) ? of.includes(part) : textOf(of).includes(textOf(part))),
  replace: (text: unknown, search: string, by: string) => {
    const pattern = /^\/(.*)\/([a-z]*)$/s.exec(search);
    return pattern === null
      ? textOf(text).replaceAll(search, by)
      : textOf(text).replace(new RegExp(pattern[1] ?? '', pattern[2]), by);
  },
  split: (text: unknown, by: string) => textOf(text).split(by),
  join: (list: unknown[], by: string) => list.map(textOf).join(by),
  toString: textOf,
  base64: (of: unknown) => Buffer.from(of instanceof Uint8Array ? of : textOf(of)).toString('base64'),
  md5: (text: unknown) => createHash('md5').update(textOf(text)).digest('hex'),
  sha256: (text: unknown, key?: string) =>
    (key === undefined ? createHash('sha256') : createHmac('sha256', key)).update(textOf(text)).digest('hex'),
  encodeURL: (text: unknown) => encodeURIComponent(textOf(text)),
  decodeURL: (text: unknown) => decodeURIComponent(textOf(text)),
  parseJSON: (text: unknown) => {
    // An object is not the text of an object.
    if (typeof text === 'object') throw new ImlError("Function 'parseJSON' finished with error! It takes text.");
    try {
      return JSON.parse(textOf(text)) as unknown;
    } catch (error) {
      throw new ImlError(`Function 'parseJSON' finished with error! ${(error as Error).message}`);
    }
  },
  createJSON: (value: unknown) => JSON.stringify(value),

  round: Math.round,
  floor: Math.floor,
  ceil: Math.ceil,
  abs: Math.abs,
  min: (...numbers: number[]) => Math.min(...numbers),
  max: (...numbers: number[]) => Math.max(...numbers),
  sum: (...numbers: number[]) => numbers.reduce((total, number) => total + number, 0),
  parseNumber: (text: unknown, decimal = '.') => Number(textOf(text).replace(decimal, '.')),

  parseDate,
  formatDate,

  add: (list: unknown[], ...values: unknown[]) => [...list, ...values],
  merge: (...lists: unknown[]) => {
    if (!lists.every(Array.isArray)) throw new ImlError('merge takes lists only.');
    return lists.flat(1);
  },
  map: (list: unknown[], key: string) => list.map((item) => own(item, key)),
  slice: (list: unknown[], from: number, to?: number) => list.slice(from, to),
  reverse: (list: unknown[]) => list.toReversed(),
  flatten: (list: unknown[]) => list.flat(Number.POSITIVE_INFINITY),
  distinct: (list: unknown[]) => [...new Set(list)],
  first: (list: unknown[]) => list[0],
  last: (list: unknown[]) => list.at(-1),
  keys: (of: object) => Object.keys(of),
  toArray: (of: object) => Object.entries(of).map(([key, value]) => ({ key, value })),
  toCollection: (list: readonly unknown[] | undefined, key: string, value: string) =>
    Object.fromEntries((list ?? []).map((item) => [textOf(own(item, key)), own(item, value)])),
};

/** A value inside text: empty where it is missing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  // "toString: Converts any type of value to a string": a buffer by its UTF-8.
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A property of its own, never one of every object's or every text's. */
export function own(of: unknown, key: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, key)
    ? (of as Record<string, unknown>)[key]
    : undefined;
}
