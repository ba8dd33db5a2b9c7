import { GatewayError } from '@ai-gateway/shared/errors';
import { type FieldFault, firstFault, plainWords } from '@ai-gateway/shared/field-fault';
import { inQuery, needsAField, type Operation, pathParams } from '@ai-gateway/shared/operation';
import type { Request } from 'express';
import { isStorable } from '../db/storable.ts';
import { fieldsAt, meantField, takesList } from './known-fields.ts';

/** Path, query and body (undefined: none came) as the operation's one input. Throws `invalid_request`, naming the field. */
export function parseInput(operation: Operation, req: Request, body: Record<string, unknown> | undefined): unknown {
  const inPath = pathParams(operation.path);
  const fromPath = Object.fromEntries(inPath.map((name) => [name, pathValue(req.params[name])]));
  const clash = inPath.find((name) => body !== undefined && Object.hasOwn(body, name));
  if (clash !== undefined) throw refused(`\`${clash}\` is part of the path. Leave it out of the body.`, clash);
  const given = { ...(inQuery(operation.method) ? readQuery(req) : body), ...fromPath };
  const unstorable = findUnstorable(given);
  if (unstorable !== undefined) {
    const param = placeOf(unstorable).replaceAll('\0', '\ufffd').toWellFormed();
    throw refused(`\`${param}\` has an invalid character (NUL, or half of a surrogate pair).`, param);
  }
  const parsed = operation.input.safeParse(given, { error: plainWords });
  if (!parsed.success) {
    const fault = firstFault(parsed.error);
    const [name] = fault.path;
    const isRepeated = inQuery(operation.method) && fault.path.length === 1 && Array.isArray(given[name as string]);
    if (isRepeated && !takesList(operation, String(name)))
      throw refused(`\`${String(name)}\` is in the query more than once. Give it once.`, String(name));
    throw refusalOf(operation, fault);
  }
  if (changesNothing(operation, body)) {
    const fields = fieldsAt(operation, '').filter((name) => !inPath.includes(name));
    throw refused(
      `This call needs a JSON body that says what to change${fields.length === 0 ? '' : `: ${listOf(fields)}`}.`,
    );
  }
  return parsed.data;
}

function refused(message: string, param?: string): GatewayError {
  return new GatewayError('invalid_request', message.slice(0, 500), { param: param === '' ? undefined : param });
}

/** A tool that sent its change without the body would be told that all is well. */
function changesNothing(operation: Operation, body: Record<string, unknown> | undefined): boolean {
  if (operation.method !== 'PUT' && operation.method !== 'PATCH') return false;
  return body === undefined || (needsAField(operation) && Object.keys(body).length === 0);
}

function refusalOf(operation: Operation, { path, message, unknown }: FieldFault): GatewayError {
  const [name] = unknown;
  if (name === undefined) {
    const param = placeOf(path);
    const subject = param === '' ? 'The body' : `\`${param}\``;
    return refused(`${subject}${/^(must|is|has|needs) /.test(message) ? '' : ':'} ${message}.`, param);
  }
  const param = placeOf([...path, name]);
  const place = placeOf(path.map((step) => (typeof step === 'number' ? 0 : step)));
  const meant = meantField(operation, place, name);
  const fields = fieldsAt(operation, place);
  const hint =
    meant !== undefined
      ? ` Did you mean \`${meant}\`?`
      : fields.length === 0 || fields.length > 15
        ? ' See /docs for the fields of this call.'
        : ` Known fields: ${listOf(fields)}.`;
  return refused(`Unknown field \`${param}\`.${hint}`, param);
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** `tags.client_id`, `models[0].id` */
function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (place, step) =>
      typeof step === 'number' ? `${place}[${step}]` : place === '' ? String(step) : `${place}.${String(step)}`,
    '',
  );
}

/** The way to the first text, or name of a field, that the database could not keep. */
function findUnstorable(value: unknown): PropertyKey[] | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const path = isStorable(name) ? findUnstorable(inner) : [];
    if (path !== undefined) return [Array.isArray(value) ? Number(name) : name, ...path];
  }
  return undefined;
}

/** The rest of a path comes in its parts; a slash at its end adds an empty one, and means nothing, as elsewhere. */
function pathValue(value: unknown): unknown {
  return Array.isArray(value) ? value.join('/').replace(/\/$/, '') : value;
}

/** A key that stands twice is given as a list, and refused by every field that is none. */
function readQuery(req: Request): Record<string, unknown> {
  const params = new URL(req.url, 'http://gateway').searchParams;
  const query: [string, unknown][] = [];
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name);
    query.push([name, values.length === 1 ? values[0] : values]);
  }
  return Object.fromEntries(query);
}
