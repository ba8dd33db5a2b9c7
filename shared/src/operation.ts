import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/*
 * One thing the API does, said once: its path, its input and output, its texts, a sample and inputs that are refused. The OpenAPI
 * document, the client, Make's app, Zapier's actions and n8n's properties are read off it.
 *
 * ```ts
 * import { operation } from '@ai-gateway/shared/operation';
 * import { z } from 'zod';
 *
 * export const archiveBudget = operation({
 *   id: 'budgets.archive',
 *   method: 'POST',
 *   path: '/v1/budgets/:id/archive',
 *   group: 'Budgets',
 *   label: 'Archive a budget',
 *   description: 'Archives a budget: it limits no calls any more, and its history stays.',
 *   surfaces: ['make', 'zapier', 'n8n'],
 *   access: 'member',
 *   input: z.strictObject({
 *     id: z.string().meta({ title: 'Budget', description: 'Pick a budget.', 'x-field': { options: 'budgets.list' } }),
 *   }),
 *   output: z.object({ id: z.string().meta({ title: 'Id', description: 'The archived budget.' }) }),
 *   errors: ['forbidden', 'not_found'],
 *   sample: { input: { id: 'bud_01k2' }, output: { id: 'bud_01k2' } },
 *   wrong: [{ input: {}, because: 'it needs to know which budget' }],
 * });
 * ```
 */

/** The places where people meet an operation. */
type Surface = 'dashboard' | 'make' | 'zapier' | 'n8n';

/**
 * The least a key's role must be. `caller` and `viewer` are no ladder: a viewer reads and calls nothing. `person`: people who are signed in, and
 * no key. `session`: those with the role `client` too.
 */
export type Access = 'operator' | 'owner' | 'member' | 'reader' | 'anyone' | 'calls-models' | 'person' | 'session';

export interface Operation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  /** `keys.create`: the noun, then what happens to it. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v1/keys/:id`; a field of the input by a placeholder's name goes into the path. */
  readonly path: string;
  readonly group: string;
  /** Sentence case; platforms that want title case change it themselves. */
  readonly label: string;
  readonly description: string;
  readonly surfaces: readonly Surface[];
  readonly access: Access;
  /** It changes what every live call of the workspace goes through: neither a test key nor one bound to a tag may do that. */
  readonly changesEveryCall?: true;
  /** It shows or changes the whole workspace: a key locked to a tag may not call it. */
  readonly workspaceWide?: true;
  /** The operator's key may call it as well. */
  readonly orOperator?: true;
  /** The status of success; 200 unless said. A 204 has no body. */
  readonly status?: 200 | 201 | 202 | 204;
  /** The status where the thing was there already and nothing new is made. */
  readonly statusAgain?: 200;
  /**
   * `model`: its body is a vendor's dialect and its answer may stream; the data path serves it, not a handler. `events`: it is answered by
   * server-sent events, for as long as the connection is open.
   */
  readonly kind?: 'model' | 'events';
  /** Which vendor's shape its refusals have; OpenAI's unless said. */
  readonly errorShape?: 'anthropic';
  /** Other shapes of the same answer, chosen by `Accept` or by a field `format`; streamed, of any size. */
  readonly alternatives?: readonly ('text/csv' | 'text/html' | 'application/pdf' | 'application/zip')[];
  /** It is never answered as JSON: one of the alternatives is the answer. */
  readonly isFile?: true;
  /** Path, query and body in one object: GET and DELETE take the rest as query, the others as JSON body. */
  readonly input: Input;
  readonly output: Output;
  readonly errors: readonly ErrorCode[];
  /** One call and its answer: shown in the documents, and a test. */
  readonly sample: { readonly input: z.input<Input>; readonly output: z.output<Output> };
  /** Inputs that are refused, each with the reason: tests too. */
  readonly wrong: readonly { readonly input: unknown; readonly because: string }[];
}

/** Checks samples as you type, keeps the literal types, and does nothing else. */
export function operation<
  const Id extends string,
  Input extends z.ZodType,
  Output extends z.ZodType,
  const Kind extends 'model' | 'events' | undefined = undefined,
>(
  definition: Operation<Input, Output> & { readonly id: Id; readonly kind?: Kind },
): Operation<Input, Output> & { readonly id: Id; readonly kind?: Kind } {
  return definition;
}

/** The placeholders of a path: `/v1/keys/:id` → `['id']`. */
export function pathParams(path: string): string[] {
  return [...path.matchAll(/:([a-z_]+)/g)].map(([, name = '']) => name);
}

/** Does the rest of the input travel in the query (or in the body)? */
export function inQuery(method: Operation['method']): boolean {
  return method === 'GET' || method === 'DELETE';
}

/** May it be called without a body? A change without one would change nothing and say that all is well. */
export function mayBeEmpty(operation: Operation): boolean {
  if (operation.method !== 'POST' || operation.kind === 'model') return false;
  const given = Object.fromEntries(
    pathParams(operation.path).map((name) => [name, (operation.sample.input as Record<string, unknown>)[name]]),
  );
  return operation.input.safeParse(given).success;
}

/** A change of named fields names one at least; a map (of fallbacks) may be empty. */
export function needsAField(operation: Operation): boolean {
  return (operation.method === 'PUT' || operation.method === 'PATCH') && operation.id !== 'fallbacks.set';
}
