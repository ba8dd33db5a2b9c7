import type { JsonObject } from '../../dialects/neutral.ts';
import { asArray, asObject } from '../read-json.ts';

/** Above this many properties that may be left out Anthropic's grammar takes too long to build, and the call is refused. */
const optionalMax = 12;
/** "Schemas contains too many parameters with union types" above this. */
const unionsMax = 16;
/** Schemas whose definitions each refer twice to the next double in size with each: no grammar, and no gateway, follows those. */
const referencesMax = 500;

/**
 * The schema in the words Anthropic's structured output knows: objects closed, `oneOf` as `anyOf`, and what it would refuse
 * (bounds, patterns, odd formats) given to the model in the description instead.
 */
export function anthropicSchema(schema: JsonObject): JsonObject {
  const { $defs, definitions, $ref, $schema: _, ...rest } = schema;
  const named = {
    ...($defs === undefined ? {} : { $defs: mapValues($defs) }),
    ...(definitions === undefined ? {} : { definitions: mapValues(definitions) }),
  };
  if ($ref !== undefined) return { ...named, $ref };
  const described: string[] = [];
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(rest)) {
    const known = translate(key, value);
    if (known === undefined) described.push(`${key}: ${JSON.stringify(value)}`);
    else Object.assign(kept, known);
  }
  const isObject = kept.type === 'object' || kept.properties !== undefined;
  return {
    ...named,
    ...kept,
    ...(isObject ? { properties: kept.properties ?? {}, additionalProperties: false } : {}),
    ...(described.length === 0
      ? {}
      : { description: [kept.description, `{${described.join(', ')}}`].filter(Boolean).join(' ') }),
  };
}

const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);

/** A keyword as Anthropic takes it; undefined for a keyword that it refuses. */
function translate(key: string, value: unknown): JsonObject | undefined {
  switch (key) {
    case 'type':
    case 'title':
    case 'description':
    case 'default':
    case 'required':
      return { [key]: value };
    case 'const':
      return isPrimitive(value) ? { const: value } : undefined;
    case 'enum':
      return asArray(value)?.every(isPrimitive) ? { enum: value } : undefined;
    case 'format':
      return typeof value === 'string' && formats.has(value) ? { format: value } : undefined;
    case 'minItems':
      return value === 0 || value === 1 ? { minItems: value } : undefined;
    case 'properties':
      return { properties: mapValues(value) };
    case 'additionalProperties':
      return {};
    case 'items':
      return { items: anthropicSchema(asObject(value) ?? {}) };
    case 'anyOf':
    case 'oneOf':
      return { anyOf: (asArray(value) ?? []).map((one) => anthropicSchema(asObject(one) ?? {})) };
    case 'allOf':
      return { allOf: (asArray(value) ?? []).map((one) => anthropicSchema(asObject(one) ?? {})) };
    default:
      return undefined;
  }
}

function mapValues(value: unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).map(([name, schema]) => [name, anthropicSchema(asObject(schema) ?? {})]),
  );
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value !== 'object' || JSON.isRawJSON(value);
}

/**
 * Can structured output say all of them at once, and without loss? Maps and free-form objects it would close, so that they could only come empty;
 * schemas that hold themselves it refuses, and those with too much that may be left out or be of one type or another.
 */
export function fitsAnthropic(...schemas: readonly JsonObject[]): boolean {
  const tally = { optional: 0, unions: 0, references: 0 };
  return schemas.every((schema) => fitsWith(tally, schema, { root: schema, within: [] }));
}

/** The counts that Anthropic limits, over all schemas of a call, through references. */
interface Tally {
  optional: number;
  unions: number;
  references: number;
}

function fitsWith(
  tally: Tally,
  node: JsonObject,
  { root, within }: { root: JsonObject; within: readonly string[] },
): boolean {
  if (isOpen(node)) return false;
  const required = new Set(asArray(node.required) ?? []);
  tally.optional += Object.keys(asObject(node.properties) ?? {}).filter((name) => !required.has(name)).length;
  if (isUnion(node)) tally.unions += 1;
  if (tally.optional > optionalMax || tally.unions > unionsMax) return false;
  if (!childrenOf(node).every((child) => fitsWith(tally, child, { root, within }))) return false;
  if (typeof node.$ref !== 'string') return true;
  tally.references += 1;
  if (tally.references > referencesMax) return false;
  const target = within.includes(node.$ref) ? undefined : resolve(node.$ref, root);
  return target !== undefined && fitsWith(tally, target, { root, within: [...within, node.$ref] });
}

function isUnion(node: JsonObject): boolean {
  return ['anyOf', 'oneOf', 'type'].some((key) => (asArray(node[key])?.length ?? 0) > 1);
}

function childrenOf(node: JsonObject): JsonObject[] {
  return [
    ...Object.values(asObject(node.properties) ?? {}),
    node.items,
    ...['anyOf', 'oneOf', 'allOf'].flatMap((key) => asArray(node[key]) ?? []),
  ].flatMap((child): JsonObject[] => {
    const object = asObject(child);
    return object === undefined ? [] : [object];
  });
}

function isOpen({ type, properties, additionalProperties, patternProperties }: JsonObject): boolean {
  if (additionalProperties === true || asObject(additionalProperties) !== undefined) return true;
  if (patternProperties !== undefined) return true;
  const isObject = type === 'object' || (asArray(type)?.includes('object') ?? false);
  return isObject && properties === undefined && additionalProperties !== false;
}

/** `#/$defs/name`, as every schema library writes it. */
function resolve(ref: string, root: JsonObject): JsonObject | undefined {
  if (!ref.startsWith('#/')) return undefined;
  let at: JsonObject | undefined = root;
  for (const step of ref.slice(2).split('/')) at = asObject(at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')]);
  return at;
}
