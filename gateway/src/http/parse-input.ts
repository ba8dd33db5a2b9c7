import { GatewayError } from '@ai-gateway/shared/errors';
import { inQuery, type Operation, pathParams } from '@ai-gateway/shared/operation';
import type { Request } from 'express';
import { isStorable } from '../db/storable.ts';

/** Path, query and body as the operation's one input. Throws `invalid_request`, naming the field. */
export function parseInput(operation: Operation, req: Request, body: Record<string, unknown>): unknown {
  const fromPath = Object.fromEntries(pathParams(operation.path).map((name) => [name, pathValue(req.params[name])]));
  const clash = Object.keys(fromPath).find((name) => Object.hasOwn(body, name));
  if (clash !== undefined)
    throw new GatewayError('invalid_request', `\`${clash}\` stands in the path and is not given in the body.`, {
      param: clash,
    });
  const given = { ...(inQuery(operation.method) ? readQuery(req) : body), ...fromPath };
  const unstorable = findUnstorable(given);
  if (unstorable !== undefined) {
    const param = placeOf(unstorable).replaceAll('\0', '\ufffd').toWellFormed();
    throw new GatewayError('invalid_request', `\`${param}\` has a character that is none (NUL, or half of one).`, {
      param,
    });
  }
  const parsed = operation.input.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const param = placeOf([...(issue?.path ?? []), ...keys.slice(0, 1)]);
  const message =
    keys.length > 0
      ? `\`${param}\` is no field of this call.`
      : `\`${param === '' ? 'body' : param}\`: ${issue?.message ?? 'is not valid'}.`;
  throw new GatewayError('invalid_request', message.slice(0, 500), { param: param === '' ? undefined : param });
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

function pathValue(value: unknown): unknown {
  return Array.isArray(value) ? value.join('/') : value;
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
