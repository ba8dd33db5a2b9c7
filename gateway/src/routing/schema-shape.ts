import type { JsonObject } from '../dialects/neutral.ts';

/** Schemas come from callers: what is looked at of them is bounded. */
const nodesMax = 500;
const propertiesMax = 30;
const shallowDepth = 3;

/** The depth of nested objects and lists, 0 for a schema of plain values; and how many fields there are in all. */
function shapeOf(schema: JsonObject): { depth: number; properties: number; isWhole: boolean } {
  let left = nodesMax;
  let properties = 0;
  const depthOf = (value: unknown, depth: number): number => {
    left -= 1;
    if (left < 0 || typeof value !== 'object' || value === null) return depth;
    let deepest = depth;
    for (const [name, inner] of Object.entries(value)) {
      if (left < 0) break;
      const isHolder = name === 'properties' || name === '$defs' || name === 'definitions';
      if (isHolder && typeof inner === 'object' && inner !== null) {
        const fields = Object.values(inner);
        if (name === 'properties') properties += fields.length;
        for (const field of fields) deepest = Math.max(deepest, depthOf(field, depth + 1));
      } else if (name === 'items' || name === 'anyOf' || name === 'oneOf' || name === 'allOf') {
        for (const one of Array.isArray(inner) ? inner : [inner]) deepest = Math.max(deepest, depthOf(one, depth));
      }
    }
    return deepest;
  };
  const depth = depthOf(schema, 0);
  return { depth, properties, isWhole: left >= 0 };
}

/** A form that can be filled in: few fields, and lists of lines at most. */
export function isShallow(schema: JsonObject): boolean {
  const { depth, properties, isWhole } = shapeOf(schema);
  return isWhole && depth <= shallowDepth && properties <= propertiesMax;
}

/** The depth of its nested objects and lists. */
export function schemaDepth(schema: JsonObject): number {
  return shapeOf(schema).depth;
}
