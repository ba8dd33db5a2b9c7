import type { Db } from '../db/transaction.ts';

/** The thing that is changed: `{type: 'budget', id: 'bud_…', name: 'Acme'}`. */
export interface AuditTarget {
  type: string;
  id: string;
  /** Never of a person. */
  name?: string | null | undefined;
}

/** What a change is about. `before` of what was not there, and `after` of what is gone, are left out. */
export interface AuditEntry {
  target: AuditTarget;
  before?: object | undefined;
  after?: object | undefined;
  /** Another workspace than the caller's. */
  workspaceId?: string | undefined;
}

/** Writes the one row of an operation; called with the transaction of the change. A second call of the same operation does nothing. */
export type Audit = (tx: Db, entry: AuditEntry) => Promise<void>;

/** Never on record, at any depth. */
const secret = new Set([
  'api_key',
  'client_secret',
  'code',
  'key',
  'live_key',
  'password',
  'recovery_codes',
  'secret',
  'test_key',
  'token',
  'uri',
  'url',
]);

/** On record is that they changed, and not to what: erasing a client or a person leaves nothing of it but a name or an id. */
const personal = new Set(['address', 'billing_email', 'email', 'notes', 'tax_id']);
const notKept = '(not kept)';

/** A picture, a long list. */
const longestChars = 4_000;

/** Both sides as they are kept: of a change the fields that differ, without secrets. */
export function auditedSides({ before, after }: Pick<AuditEntry, 'before' | 'after'>): {
  before: object | null;
  after: object | null;
} {
  if (before === undefined || after === undefined)
    return {
      before: before === undefined ? null : cleaned(before),
      after: after === undefined ? null : cleaned(after),
    };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const [old, next] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(next[name]));
  const only = (side: Record<string, unknown>): object =>
    cleaned(Object.fromEntries(changed.filter((name) => name in side).map((name) => [name, side[name]])));
  return { before: only(old), after: only(next) };
}

function cleaned(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => !secret.has(name) && field !== undefined)
      .map(([name, field]) => [name, cleanedField(name, field)]),
  );
}

function cleanedField(name: string, field: unknown): unknown {
  if (field === null || field === '') return field;
  if (personal.has(name)) return notKept;
  const length = JSON.stringify(field).length;
  if (length > longestChars) return `(${length} characters)`;
  if (Array.isArray(field))
    return field.map((one: unknown) => (typeof one === 'object' && one !== null ? cleaned(one) : one));
  return typeof field === 'object' ? cleaned(field) : field;
}
