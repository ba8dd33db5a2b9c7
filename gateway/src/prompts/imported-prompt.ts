import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';
import { namesIn, parseTemplate } from './template.ts';

/** A prompt of another place, in our words. Its content is checked as if a person had sent it. */
export interface ImportedPrompt {
  id: string;
  name: string;
  description: string;
  aliases: string[];
  clientIds: string[];
  /** Name, description, aliases and clients as a file has them: they change a prompt that exists, too. */
  head?: JsonObject;
  versions: { number: number | undefined; content: JsonObject; note: string }[];
  labels: { label: string; version: VersionName }[];
}

/** The number of a version, or its place in `versions`, from 0, where it came without one. */
export type VersionName = number | { place: number };

/** The prompts in an export: one, a list, or a list in `data` or `prompts`. */
export function itemsOf(data: unknown): JsonObject[] {
  const list = Array.isArray(data) ? data : isRecord(data) ? (data.data ?? data.prompts ?? [data]) : undefined;
  const items: unknown[] = Array.isArray(list) ? list : isRecord(list) ? [list] : [];
  if (items.length === 0 || items.length > itemsMax || !items.every(isRecord))
    throw new GatewayError('invalid_request', `\`data\` must be a prompt, or a list of 1 to ${itemsMax} prompts.`, {
      param: 'data',
    });
  return items as JsonObject[];
}

const itemsMax = 5_000;

/** The name of a prompt elsewhere as an id of ours: `Support reply/v2` → `support-reply-v2`. */
export function idOf(name: string): string {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 64);
  return id === '' ? 'prompt' : id;
}

/** Gives each prompt of an import an id of its own: the second that comes to `reply` is `reply-2`. */
export function ownIds(): (wanted: string) => string {
  const given = new Set<string>();
  const counts = new Map<string, number>();
  return (wanted) => {
    let id = wanted;
    let n = counts.get(wanted) ?? 1;
    while (given.has(id)) {
      n += 1;
      id = `${wanted.slice(0, 58)}-${n}`;
    }
    counts.set(wanted, n);
    given.add(id);
    return id;
  };
}

/** The same of a label: `Tenant 1` → `tenant-1`. */
export function labelOf(label: string): string {
  return idOf(label).slice(0, 36);
}

export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The number of a version as it is given, which the import checks; undefined where none is. */
export function givenNumber(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : Number.NaN;
}

/** Messages with a role and text, whatever dialect's parts they have. */
export function messagesIn(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isRecord).map((message) => {
    const { role, content } = message;
    if (message.type === 'placeholder') return { placeholder: message.name };
    if (!Array.isArray(content)) return { role, content: content ?? '' };
    const texts = content.map((part: unknown) =>
      isRecord(part) && typeof part.text === 'string' ? part.text : undefined,
    );
    return texts.every((text) => text !== undefined) ? { role, content: texts.join('') } : { role, content };
  });
}

/** The names in the texts, as required texts, but for those that are described already. */
export function variablesOf(messages: readonly JsonObject[], described: readonly JsonObject[] = []): JsonObject[] {
  const known = new Set(described.map(({ name }) => name));
  const names = messages.flatMap(({ content }) =>
    (Array.isArray(content)
      ? content.map((part: unknown) => (isRecord(part) ? part.text : undefined))
      : [content]
    ).flatMap((text: unknown) => (typeof text === 'string' ? namesIn(parseTemplate(text)) : [])),
  );
  return [...described, ...[...new Set(names)].filter((name) => !known.has(name)).map((name) => ({ name }))];
}

/** Fields of a request that are defaults of a prompt, by their names in chat completions. */
const parameterNames = new Map([
  ...[
    'temperature',
    'top_p',
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'seed',
    'reasoning_effort',
    'verbosity',
  ].map((name) => [name, name] as const),
  ...['frequency_penalty', 'presence_penalty', 'parallel_tool_calls', 'tool_choice', 'top_k'].map(
    (name) => [name, name] as const,
  ),
  ['max_output_tokens', 'max_tokens'],
]);

/** Model, defaults, tools and the form of the answer out of a request or a config; anything else is left out. */
export function settingsIn(config: unknown): JsonObject {
  if (!isRecord(config)) return {};
  const parameters: JsonObject = {};
  for (const [name, value] of Object.entries(config)) {
    const ours = parameterNames.get(name);
    if (ours !== undefined && value !== null) parameters[ours] = value;
  }
  const { reasoning, text, tools, response_format: format, model } = config;
  if (isRecord(reasoning) && typeof reasoning.effort === 'string') parameters.reasoning_effort = reasoning.effort;
  const answer = isRecord(format) ? format : formatOf(isRecord(text) ? text.format : undefined);
  const functions = Array.isArray(tools) ? tools.filter(isRecord).map(functionOf) : [];
  return {
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(functions.length === 0 ? {} : { tools: functions }),
    ...(answer === undefined ? {} : { response_format: answer }),
  };
}

/** Responses have the schema beside the type; chat completions have it inside. */
function formatOf(format: unknown): JsonObject | undefined {
  if (!isRecord(format) || format.type === 'text') return undefined;
  const { type, ...schema } = format;
  return type === 'json_schema' ? { type, json_schema: schema } : { type };
}

function functionOf(tool: JsonObject): JsonObject {
  if (tool.type !== 'function' || isRecord(tool.function)) return tool;
  const { type, ...rest } = tool;
  return { type, function: rest };
}
