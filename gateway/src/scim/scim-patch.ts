import { isRecord } from '@ai-gateway/shared/json';
import { ScimError } from './scim-error.ts';
import { parsePath, type ScimCondition, type ScimPath } from './scim-path.ts';

type Json = Record<string, unknown>;

const operationsMax = 1_000;

/**
 * A resource after a PATCH (RFC 7644, 3.5.2), in Okta's manner and in Entra's: operations in any case, values without a path, dotted names
 * as keys, booleans as text. Throws a ScimError; the resource that is given stays as it is.
 */
export function applyPatch(resource: Json, body: unknown): Json {
  const operations = isRecord(body) ? fieldOf(body, 'Operations') : undefined;
  if (!Array.isArray(operations) || operations.length === 0 || operations.length > operationsMax)
    throw new ScimError(400, `A PATCH needs 1 to ${operationsMax} Operations.`, 'invalidSyntax');
  const changed = structuredClone(resource);
  for (const operation of operations) applyOne(changed, operation);
  return changed;
}

function applyOne(resource: Json, operation: unknown): void {
  if (!isRecord(operation)) throw new ScimError(400, 'An operation must be an object.', 'invalidSyntax');
  const op = String(fieldOf(operation, 'op')).toLowerCase();
  const path = fieldOf(operation, 'path');
  const value = fieldOf(operation, 'value');
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw new ScimError(400, 'An operation is add, replace or remove.', 'invalidSyntax');
  if (typeof path === 'string' && path !== '') {
    if (op === 'remove') remove(resource, parsePath(path), value);
    else set(resource, parsePath(path), value, op);
    return;
  }
  if (op === 'remove') throw new ScimError(400, 'remove needs a path.', 'noTarget');
  if (!isRecord(value)) throw new ScimError(400, 'Without a path the value must be an object.', 'invalidValue');
  for (const [key, one] of Object.entries(value)) {
    // An extension as a whole: its attributes lie under its name.
    if (isExtension(key) && isRecord(one))
      for (const [name, each] of Object.entries(one)) set(resource, { ...parsePath(name), extension: key }, each, op);
    else set(resource, parsePath(key), one, op);
  }
}

function isExtension(key: string): boolean {
  return /^urn:.*:(user|group)$/i.test(key);
}

function set(resource: Json, path: ScimPath, value: unknown, op: 'add' | 'replace'): void {
  const target = extended(resource, path.extension);
  const key = keyOf(target, path.attribute);
  if (path.where !== undefined) {
    setWhere(target, key, path, value);
    return;
  }
  if (path.sub !== undefined) {
    const inner = isRecord(target[key]) ? target[key] : {};
    target[key] = inner;
    inner[keyOf(inner, path.sub)] = value;
    return;
  }
  const before = target[key];
  if (op === 'add' && Array.isArray(before)) target[key] = joined(before, Array.isArray(value) ? value : [value]);
  else if (isRecord(before) && isRecord(value))
    for (const [name, one] of Object.entries(value)) before[keyOf(before, name)] = one;
  else target[key] = value;
}

/** Entra adds the first address so: where there is none that matches, one is made that does. */
function setWhere(target: Json, key: string, path: ScimPath, value: unknown): void {
  const list = Array.isArray(target[key]) ? (target[key] as unknown[]) : [];
  target[key] = list;
  let matches = list.filter((item): item is Json => isRecord(item) && isMatch(item, path.where ?? []));
  if (matches.length === 0) {
    const made = Object.fromEntries((path.where ?? []).map((one) => [one.attribute, one.value]));
    list.push(made);
    matches = [made];
  }
  for (const item of matches)
    if (path.sub !== undefined) item[keyOf(item, path.sub)] = value;
    else if (isRecord(value)) for (const [name, one] of Object.entries(value)) item[keyOf(item, name)] = one;
}

function remove(resource: Json, path: ScimPath, value: unknown): void {
  const target = extended(resource, path.extension);
  const key = keyOf(target, path.attribute);
  const before = target[key];
  if (path.where !== undefined) {
    if (!Array.isArray(before)) return;
    const where = path.where;
    if (path.sub === undefined) target[key] = before.filter((item) => !(isRecord(item) && isMatch(item, where)));
    else for (const item of before) if (isRecord(item) && isMatch(item, where)) delete item[keyOf(item, path.sub)];
    return;
  }
  if (path.sub !== undefined) {
    if (isRecord(before)) delete before[keyOf(before, path.sub)];
    return;
  }
  // Entra names the members to remove in the value and not in the path.
  const named = Array.isArray(value) ? value : isRecord(value) ? [value] : [];
  if (Array.isArray(before) && named.length > 0) {
    const gone = new Set(named.map(idOf));
    target[key] = before.filter((item) => !gone.has(idOf(item)));
  } else delete target[key];
}

function extended(resource: Json, extension: string | undefined): Json {
  if (extension === undefined) return resource;
  const key = keyOf(resource, extension);
  const inner = isRecord(resource[key]) ? resource[key] : {};
  resource[key] = inner;
  return inner;
}

/** Names of attributes are alike in any case (RFC 7643, 2.1). */
function keyOf(object: Json, name: string): string {
  return Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
}

export function fieldOf(object: Json, name: string): unknown {
  const key = keyOf(object, name);
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isMatch(item: Json, where: readonly ScimCondition[]): boolean {
  return where.every(({ attribute, value }) => {
    const found = fieldOf(item, attribute);
    return found === value || String(found).toLowerCase() === String(value).toLowerCase();
  });
}

function joined(before: readonly unknown[], added: readonly unknown[]): unknown[] {
  const ids = new Set(before.map(idOf));
  return [...before, ...added.filter((item) => !ids.has(idOf(item)))];
}

function idOf(item: unknown): string {
  return isRecord(item) && typeof item.value === 'string' ? item.value : JSON.stringify(item);
}
