import type { FormField } from '../../support/make-runtime/form-values.ts';

/** The names of a collection, and of the collections in it; `true` where nothing more is said. */
export interface Keys {
  [name: string]: Keys | true;
}

export function keysOfInterface(fields: unknown): Keys {
  const named = (fields as FormField[]).map((field) => [field.name ?? '', innerKeys(field)] as const);
  return Object.fromEntries(named.toSorted());
}

function innerKeys({ type, spec }: FormField): Keys | true {
  const isOfRows = (type === 'collection' || type === 'array') && Array.isArray(spec) && spec.length > 0;
  return isOfRows ? keysOfInterface(spec) : true;
}

/** The names a value has. Where it is empty (null, no rows) the promised names count. */
export function keysOf(value: unknown, promised: Keys): Keys {
  const entries = Object.entries(value as object).map(([name, inner]) => {
    const expected = promised[name];
    const row = Array.isArray(inner) ? inner[0] : inner;
    const says = expected === undefined || expected === true || typeof row !== 'object' || row === null;
    return [name, says ? (expected ?? true) : keysOf(row, expected)] as const;
  });
  return Object.fromEntries(entries.toSorted());
}
