import { isRecord } from '@ai-gateway/shared/json';
import type { Operation } from '@ai-gateway/shared/operation';
import { z } from 'zod';
import { nearNames } from '../models/near-names.ts';

/** The fields of an operation, and which of them an unknown one was meant to be. Asked only once an input is refused. */

const places = new Map<string, readonly string[]>();

/** Where every field of the input is: `scope.client_id`, `models[0].id`. */
function fieldsOf(operation: Operation): readonly string[] {
  const known = places.get(operation.id);
  if (known !== undefined) return known;
  const fields = [...new Set(walk(z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }), ''))];
  places.set(operation.id, fields);
  return fields;
}

function walk(schema: unknown, at: string): string[] {
  if (!isRecord(schema)) return [];
  const own = Object.entries(isRecord(schema.properties) ? schema.properties : {}).flatMap(([name, inner]) => {
    const place = at === '' ? name : `${at}.${name}`;
    return [place, ...walk(inner, place)];
  });
  const shapes = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [...own, ...shapes.flatMap((shape) => walk(shape, at)), ...walk(schema.items, `${at}[0]`)];
}

/** May a field of the query be repeated? */
export function takesList(operation: Operation, name: string): boolean {
  const input = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });
  return hasList(input.properties?.[name]);
}

function hasList(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  const shapes = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return schema.type === 'array' || shapes.some(hasList);
}

/** The fields at a place itself, by name. */
export function fieldsAt(operation: Operation, place: string): string[] {
  return fieldsOf(operation)
    .filter((field) => parentOf(field) === place)
    .map(nameOf);
}

/** The most likely meaning of an unknown field: one beside it that is spelled alike, else its name at another place. */
export function meantField(operation: Operation, place: string, name: string): string | undefined {
  const beside = fieldsAt(operation, place);
  const near =
    beside.find((field) => plain(field) === plain(name)) ??
    nearNames(name, beside, { limit: 1 })[0] ??
    beside.find((field) => plain(name).length > 1 && (field.startsWith(`${name}_`) || field.endsWith(`_${name}`)));
  if (near !== undefined) return place === '' ? near : `${place}.${near}`;
  return fieldsOf(operation).find((field) => plain(nameOf(field)) === plain(name));
}

function plain(name: string): string {
  return name.replace(/[^a-zA-Z0-9]/g, '').toLowerCase();
}

function parentOf(field: string): string {
  return field.slice(0, Math.max(0, field.lastIndexOf('.')));
}

function nameOf(field: string): string {
  return field.slice(field.lastIndexOf('.') + 1);
}
