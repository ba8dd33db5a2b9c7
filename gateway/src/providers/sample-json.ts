import type { JsonObject } from '../dialects/neutral.ts';

const depthMax = 12;

/** The plainest value a JSON Schema allows: deterministic, every required member there and no other. */
export function sampleOf(schema: unknown, root: JsonObject = asSchema(schema), depth = 0): unknown {
  const node = resolve(asSchema(schema), root);
  if ('const' in node) return node.const;
  if (Array.isArray(node.enum) && node.enum.length > 0) return node.enum[0];
  if ('default' in node) return node.default;
  if (Array.isArray(node.examples) && node.examples.length > 0) return node.examples[0];
  const branch = firstOf(node.anyOf) ?? firstOf(node.oneOf);
  if (branch !== undefined)
    return sampleOf({ ...node, anyOf: undefined, oneOf: undefined, ...asSchema(branch) }, root, depth + 1);
  if (Array.isArray(node.allOf)) {
    const merged = node.allOf.reduce((all: JsonObject, part: unknown) => merge(all, resolve(asSchema(part), root)), {
      ...node,
      allOf: undefined,
    });
    return sampleOf(merged, root, depth + 1);
  }
  if (depth > depthMax) return null;
  switch (typeOf(node)) {
    case 'object':
      return sampleObject(node, root, depth);
    case 'array':
      return Array.from({ length: Math.min(Number(node.minItems ?? 0), 100) }, () =>
        sampleOf(node.items ?? {}, root, depth + 1),
      );
    case 'string':
      return sampleText(node);
    case 'integer':
      return Math.ceil(leastNumber(node));
    case 'number':
      return leastNumber(node);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function sampleObject(node: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = asSchema(node.properties);
  const names = Array.isArray(node.required)
    ? node.required.filter((name): name is string => typeof name === 'string')
    : [];
  return Object.fromEntries(
    names.map((name) => [name, sampleOf(Object.hasOwn(properties, name) ? properties[name] : {}, root, depth + 1)]),
  );
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'ada@example.com',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
};

function sampleText(node: JsonObject): string {
  const format =
    typeof node.format === 'string' && Object.hasOwn(formats, node.format) ? formats[node.format] : undefined;
  if (format !== undefined) return format;
  const text = 'sandbox';
  const shortest = Math.min(Number(node.minLength ?? 0), 10_000);
  return text.padEnd(shortest, '.').slice(0, Number(node.maxLength ?? Math.max(text.length, shortest)));
}

function leastNumber(node: JsonObject): number {
  const least =
    typeof node.minimum === 'number'
      ? node.minimum
      : typeof node.exclusiveMinimum === 'number'
        ? node.exclusiveMinimum + 1
        : undefined;
  const most = typeof node.maximum === 'number' ? node.maximum : undefined;
  const value = least ?? Math.min(1, most ?? 1);
  const step = typeof node.multipleOf === 'number' && node.multipleOf > 0 ? node.multipleOf : undefined;
  return step === undefined ? value : Math.ceil(value / step) * step;
}

function typeOf(node: JsonObject): string | undefined {
  const type = Array.isArray(node.type) ? (node.type.find((one) => one !== 'null') as string | undefined) : node.type;
  if (typeof type === 'string') return type;
  if ('properties' in node || 'required' in node) return 'object';
  return 'items' in node ? 'array' : 'string';
}

function resolve(node: JsonObject, root: JsonObject): JsonObject {
  let found = node;
  for (let hops = 0; typeof found.$ref === 'string' && hops < 20; hops++) {
    found = found.$ref
      .replace(/^#\/?/, '')
      .split('/')
      .filter((step) => step !== '')
      .reduce((at: JsonObject, step) => asSchema(at[step.replace(/~1/g, '/').replace(/~0/g, '~')]), root);
  }
  return found;
}

function merge(a: JsonObject, b: JsonObject): JsonObject {
  return {
    ...a,
    ...b,
    properties: { ...asSchema(a.properties), ...asSchema(b.properties) },
    required: [...((a.required as unknown[] | undefined) ?? []), ...((b.required as unknown[] | undefined) ?? [])],
  };
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function asSchema(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
