/**
 * A call that names a prompt becomes a call like any other: a new body, made of the prompt's messages and the call's own, and of the
 * prompt's defaults where the call says nothing itself.
 *
 *     {"model": "prompt", "prompt": {"id": "reply", "variables": {"name": "Ada"}}, "messages": [A], "temperature": 0}
 *       -> the version's texts with their values          render-prompt.ts
 *       -> in the dialect's words, [A] with its own bytes write-messages.ts
 *       -> defaults, by the dialect's names               prompt-defaults.ts
 *     {"model": "gpt-6-luna", "messages": [prompt's …, A], "temperature": 0, "max_tokens": 400}
 */
import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import { type Outline, outlineJson } from '../dialects/json-outline.ts';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import { rewrite } from '../dialects/rewrite-json.ts';
import type { UsedPrompt } from './prompt.ts';
import { type Default, placesOf, valueAt } from './prompt-defaults.ts';
import { isModelNamed, refuseLocked } from './prompt-lock.ts';
import { readValues } from './prompt-values.ts';
import { type CompiledPrompt, placeOfOwn, renderMessages } from './render-prompt.ts';
import { hasOwnMessages, type OwnBody, objectAt, type Written, writeMessages } from './write-messages.ts';

export type Fallbacks = readonly string[] | 'none' | undefined;

/** The wish of a call for a prompt. */
export interface AskedPrompt {
  id: string;
  label: string | undefined;
  version: number | undefined;
  variables: JsonObject;
}

export interface Expanded {
  body: Buffer;
  outline: Outline;
  json: JsonObject;
  fallbacks: Fallbacks;
  /** Values that no variable takes, and defaults that the dialect has no word for. */
  dropped: readonly string[];
}

/** Undefined where the call names no prompt. Throws `invalid_request`: a prompt that is misspelled is not left out silently. */
export function readAsked(prompt: unknown): AskedPrompt | undefined {
  if (prompt === undefined || prompt === null) return undefined;
  if (!isRecord(prompt))
    throw refused(
      '`prompt` must be an object with the `id` of a prompt. Text for the model goes into `messages`, or `input` of POST /v1/responses.',
      'prompt',
    );
  // Some of OpenAI's own examples say `prompt_id` (https://developers.openai.com/api/docs/guides/prompting/migrate-from-prompt-object).
  const { label, version, variables, prompt_id: other, id = other } = prompt;
  const unknown = Object.keys(prompt).find((name) => !fields.includes(name));
  if (unknown !== undefined)
    throw refused(
      `Unknown field \`prompt.${unknown.slice(0, 60)}\`. Known fields: \`id\`, \`label\`, \`version\`, \`variables\`.`,
      `prompt.${unknown.slice(0, 60)}`,
    );
  if (typeof id !== 'string' || id === '') throw refused('`prompt.id` must be the id of a prompt.', 'prompt.id');
  if (isGiven(label) && typeof label !== 'string') throw refused('`prompt.label` must be text.', 'prompt.label');
  if (isGiven(variables) && !isRecord(variables))
    throw refused('`prompt.variables` must be an object with a value for each variable.', 'prompt.variables');
  return {
    id,
    label: typeof label === 'string' && label !== '' ? label : undefined,
    version: readVersion(version),
    variables: isRecord(variables) ? variables : {},
  };
}

const fields: readonly string[] = ['id', 'prompt_id', 'label', 'version', 'variables'];

/** OpenAI's SDK has texts for versions. */
function readVersion(version: unknown): number | undefined {
  if (!isGiven(version) || version === '') return undefined;
  const number = typeof version === 'string' && /^\d{1,9}$/.test(version) ? Number(version) : version;
  if (typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 1e9) return number;
  throw refused('`prompt.version` must be the number of a version.', 'prompt.version');
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function refused(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}

/** Pure. Throws `invalid_request` for values that are missing or wrong and for locked fields, `unsupported_parameter` for surplus in strict calls. */
export function expandBody(
  own: OwnBody,
  prompt: {
    asked: AskedPrompt;
    used: UsedPrompt;
    compiled: CompiledPrompt;
    dialect: DialectId;
    fallbacks: Fallbacks;
    strict: boolean;
  },
): Expanded {
  const { asked, used, compiled, dialect, strict } = prompt;
  const { content } = compiled;
  const hasOwn = hasOwnMessages(own.json, dialect);
  const values = readValues(content.variables, asked.variables, {
    at: 'prompt.variables',
    filledBy: (found) => (hasOwn ? placeOfOwn(compiled, found) : undefined),
  });
  const { defaults, dropped } = compiled.defaults[dialect];
  refuseLocked(own.json, { dialect, hasOwn, content, defaults, fallbacks: prompt.fallbacks, id: used.id });
  const members: Record<string, Written> = writeMessages(renderMessages(compiled, values), own, dialect);
  const model = modelOf(own.json, content.model, used);
  if (own.json.model !== model) members.model = { value: model, text: JSON.stringify(model) };
  for (const one of defaults) addDefault(members, own.json, { one, dialect });
  const { surplus } = values;
  const left = surplus.length === 0 ? dropped : [...surplus.map((name) => `prompt.variables.${name}`), ...dropped];
  const [first] = left;
  if (strict && first !== undefined)
    throw new GatewayError(
      'unsupported_parameter',
      first.startsWith('prompt.')
        ? `Prompt "${used.id}" has no variable for \`${first}\`. Leave it out.`
        : `Prompt "${used.id}" sets \`${first}\`, which calls of this endpoint cannot have.`,
      { param: first },
    );
  return { ...write(own, members), fallbacks: prompt.fallbacks ?? content.fallback_models, dropped: left };
}

function write(
  { body, outline, json }: OwnBody,
  members: Record<string, Written>,
): Pick<Expanded, 'body' | 'outline' | 'json'> {
  // Deleting it from a copy would make every look at the copy slow.
  const { prompt: _, ...changed } = json;
  for (const name of Object.keys(members)) changed[name] = members[name]?.value;
  const next = rewrite(body, outline, { set: members, remove: 'prompt' });
  // The bounds of a body, which a small one keeps by its size alone.
  if (next.body.length > smallBytes) outlineJson(next.body);
  return { ...next, json: changed };
}

const smallBytes = 64 * 1024;

function modelOf({ model }: JsonObject, standard: string | undefined, used: UsedPrompt): unknown {
  if (isModelNamed(model)) return model;
  if (standard !== undefined) return standard;
  throw refused(`Prompt "${used.id}" has no model of its own. Name one in \`model\`.`, 'model');
}

/** A field that the call says itself, under whatever name, outranks the default. */
function addDefault(
  members: Record<string, Written>,
  json: JsonObject,
  { one, dialect }: { one: Default; dialect: DialectId },
): void {
  if (placesOf(one.name, dialect).some((path) => isGiven(valueAt(json, path)))) return;
  const [member, field] = one.path;
  const value =
    field === undefined ? one.value : { ...objectAt({ ...json, ...valuesOf(members) }, member), [field]: one.value };
  members[member] = { value, text: JSON.stringify(value) };
}

function valuesOf(members: Record<string, Written>): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, { value }]) => [name, value]));
}
