import type { Json, Parameter } from './component.ts';

type Collection = { readonly [key: string]: Json };

/** The contract's sample with every field of the interface in it: an optional field without a value is shown as empty. */
export function makeSample(sample: Json, fields: readonly Parameter[]): Json {
  if (!isCollection(sample)) return sample;
  const named = fields.filter(({ name }) => name !== undefined);
  return {
    ...sample,
    ...Object.fromEntries(named.map((field) => [field.name, shown(sample[field.name ?? ''], field)])),
  };
}

function shown(value: Json, { spec }: Parameter): Json {
  if (value === undefined) return null;
  if (!Array.isArray(spec)) return value;
  const fields = spec as readonly Parameter[];
  return Array.isArray(value) ? value.map((row: Json) => makeSample(row, fields)) : makeSample(value, fields);
}

function isCollection(value: Json): value is Collection {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
