import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { isExampleKey } from './accounts/example-keys.ts';

/** The kinds of values that variables of the environment have. Each says in one sentence what the value must be, units included. */

/** Digits and nothing else: `1e3`, `0x10` and `30s` are slips, and a slip is refused. */
export function whole(least: number, most: number, unit?: string) {
  const of = unit === undefined ? '' : ` of ${unit}`;
  const message = `must be a whole number${of} from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

export const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0']))
  .transform((value) => value === 'true' || value === '1');

/** One of these words, in any case: `LOG_LEVEL=INFO` is meant as it is read. */
export function word<const T extends readonly [string, ...string[]]>(words: T) {
  return z.string().toLowerCase().pipe(z.enum(words));
}

export const httpUrl = z
  .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
  .transform((value) => value.replace(/\/+$/, ''));

/** Paths are put behind it. */
export const publicUrl = httpUrl.superRefine((value, { addIssue }) => {
  if (!URL.canParse(value)) return;
  const { username, pathname } = new URL(value);
  // An empty query has no `search`.
  if (/[?#]/.test(value) || username !== '')
    addIssue('must be an address without ?, # and user name, such as https://gateway.example.com');
  if (/\/v1$/.test(pathname))
    addIssue('must be the address without /v1 at its end: links to the dashboard begin with it');
});

export const hostName = z
  .string()
  .regex(
    /^([A-Za-z0-9][A-Za-z0-9._-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\w+)?)$/,
    'must be an IP address or a host name of this machine without a port, such as 127.0.0.1 (this machine only) or 0.0.0.0 (every network)',
  )
  .refine((host) => !/^[^:]*:\d+$/.test(host), 'must have no port: that one is set by PORT');

/** A key that the operator chooses, and the command that makes a good one where it is not. */
export function chosenKey(prefix: 'gw_live_' | 'gw_test_' | 'gw_operator_') {
  const make = `(try: echo "${prefix}$(openssl rand -hex 24)")`;
  return z
    .string()
    .regex(
      new RegExp(`^${prefix}[A-Za-z0-9_-]{32,200}$`),
      `must be ${prefix} followed by at least 32 letters, digits, - or _ ${make}`,
    )
    .refine((key) => !isExampleKey(key), `is an example from the docs, so it is publicly known. Make your own ${make}`)
    .optional();
}

const workersMax = 64;
export const workers = z.string().transform((text, context) => {
  if (text.toLowerCase() === 'auto') return Math.min(availableParallelism(), workersMax);
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= workersMax) return count;
  context.addIssue(`must be a whole number from 1 to ${workersMax}, or auto for one worker a core`);
  return z.NEVER;
});

/** As OpenTelemetry writes lists: `name=value,name=value`, percent-encoded. */
export const pairs = z.string().transform((text, { addIssue }) => {
  const read: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) {
      if (pair.trim() !== '') addIssue('must be name=value pairs, comma separated');
      continue;
    }
    try {
      read[name] = decodeURIComponent(value);
    } catch {
      addIssue('has a value that is not valid percent-encoding');
    }
  }
  return read;
});
