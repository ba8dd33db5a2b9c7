import type { JsonObject } from '../../dialects/neutral.ts';
import { sampleNumber, sampleText } from './sample-scalar.ts';

/**
 * The plainest value a JSON Schema allows: deterministic, every required member there and no other. Undefined for a schema no
 * finite value fits.
 *
 * A schema may contain itself (a list's `next`, a tree's `children`). The plainest value never needs to pass the same
 * reference twice on its way down, so a branch that does is given up and the next one is tried. Branches of `oneOf` are taken
 * to exclude each other, as they do wherever a member tells them apart.
 */
export function sampleOf(schema: unknown): unknown {
  const root = asSchema(schema);
  const value = sample(root, { root, passed: new Set(['#']), budget: { steps: stepsMax } });
  return value === endless ? undefined : value;
}

const endless = Symbol('no finite value');
/** A schema made to have millions of branches is given up, not followed. */
const stepsMax = 20_000;
/** So many members, and no more, of an array that wants more. */
const itemsMax = 100;

interface Path {
  root: JsonObject;
  passed: ReadonlySet<string>;
  budget: { steps: number };
}

function sample(schema: unknown, from: Path): unknown {
  from.budget.steps -= 1;
  if (from.budget.steps < 0) return endless;
  const followed = follow(asSchema(schema), from);
  if (followed === endless) return endless;
  const { node, path } = followed;
  if ('const' in node) return node.const;
  if (Array.isArray(node.enum) && node.enum.length > 0) return node.enum[0];
  if (node.default !== undefined) return node.default;
  if (Array.isArray(node.examples) && node.examples.length > 0) return node.examples[0];
  const { allOf, anyOf, oneOf, ...own } = node;
  if (Array.isArray(allOf)) return sampleAll(allOf, { ...own, ...given({ anyOf, oneOf }) }, path);
  const branches = Array.isArray(anyOf) ? anyOf : oneOf;
  if (Array.isArray(branches)) return sampleFirst(branches, own, path);
  switch (typeOf(node)) {
    case 'object':
      return sampleObject(node, path);
    case 'array':
      return sampleArray(node, path);
    case 'string':
      return sampleText(node);
    case 'integer':
      return sampleNumber(node, { whole: true });
    case 'number':
      return sampleNumber(node, { whole: false });
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function sampleFirst(branches: readonly unknown[], own: JsonObject, path: Path): unknown {
  for (const branch of branches) {
    const followed = follow(asSchema(branch), path);
    if (followed === endless) continue;
    const value = sample(merge(own, followed.node), followed.path);
    if (value !== endless) return value;
  }
  return endless;
}

function sampleAll(parts: readonly unknown[], own: JsonObject, path: Path): unknown {
  let merged = own;
  const passed = new Set(path.passed);
  for (const part of parts) {
    const followed = follow(asSchema(part), path);
    if (followed === endless) return endless;
    merged = merge(merged, followed.node);
    for (const ref of followed.path.passed) passed.add(ref);
  }
  return sample(merged, { ...path, passed });
}

function sampleObject(node: JsonObject, path: Path): unknown {
  const properties = asSchema(node.properties);
  const required = Array.isArray(node.required) ? node.required.filter((name) => typeof name === 'string') : [];
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const names = [...required, ...optional.slice(0, Math.max(0, countOf(node.minProperties) - required.length))];
  const members: [string, unknown][] = [];
  for (const name of names) {
    const value = sample(Object.hasOwn(properties, name) ? properties[name] : node.additionalProperties, path);
    if (value === endless) return endless;
    members.push([name, value]);
  }
  return Object.fromEntries(members);
}

function sampleArray(node: JsonObject, path: Path): unknown {
  const heads = Array.isArray(node.prefixItems) ? node.prefixItems : [];
  const items: unknown[] = [];
  for (let i = 0; i < Math.min(countOf(node.minItems), itemsMax); i++) {
    const value = sample(i < heads.length ? heads[i] : node.items, path);
    if (value === endless) return endless;
    items.push(value);
  }
  return items;
}

/** Goes where `$ref` points, with what stands beside it; `endless` where that was passed before. */
function follow(schema: JsonObject, path: Path): { node: JsonObject; path: Path } | typeof endless {
  let node = schema;
  const passed = new Set(path.passed);
  while (typeof node.$ref === 'string') {
    const { $ref, ...beside } = node;
    if (passed.has($ref)) return endless;
    passed.add($ref);
    node = merge(pointedAt($ref, path.root), beside);
  }
  return { node, path: { ...path, passed } };
}

/** A JSON pointer (RFC 6901) in a fragment. */
function pointedAt(ref: string, root: JsonObject): JsonObject {
  const steps = ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '');
  return steps.reduce((at: JsonObject, step) => {
    const name = step.replace(/~1/g, '/').replace(/~0/g, '~');
    return Object.hasOwn(at, name) ? asSchema(at[name]) : {};
  }, root);
}

function merge(a: JsonObject, b: JsonObject): JsonObject {
  const properties = { ...asSchema(a.properties), ...asSchema(b.properties) };
  const required = [...asList(a.required), ...asList(b.required)];
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
  };
}

function typeOf(node: JsonObject): unknown {
  if (Array.isArray(node.type)) return node.type.find((one) => one !== 'null') ?? 'null';
  if (node.type !== undefined) return node.type;
  if ('properties' in node || 'required' in node) return 'object';
  return 'items' in node || 'prefixItems' in node ? 'array' : 'string';
}

function given(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function countOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.ceil(value) : 0;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asSchema(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
