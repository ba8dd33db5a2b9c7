import type { InputOf, OutputOf } from '../contract.ts';
import { GatewayError } from '../errors.ts';
import { formNumber, formText } from '../form-text.ts';
import { fromHeaderText } from '../header-text.ts';
import { isRecord, readJson } from '../json.ts';
import type { TransportAnswer } from '../transport.ts';
import { withParts } from './chat-files.ts';

/*
 * The chat completion as one step of an automation: pictures beside the prompt, JSON by a schema, and an answer in the few
 * fields that the next step goes on with.
 *
 * ```ts
 * import { createClient } from '@ai-gateway/shared/client';
 * import { jsonBySchema, receiptOf, stepAnswer } from '@ai-gateway/shared/steps/chat-step';
 *
 * const client = createClient({ baseUrl: 'https://gateway.example.com', apiKey: 'gw_test_…' });
 * let headers = {};
 * const request = {
 *   model: 'auto',
 *   messages: [{ role: 'user' as const, content: 'Invoice or newsletter?' }],
 *   ...jsonBySchema('{"type": "object", "properties": {"kind": {"type": "string"}}}', 'json_schema'),
 * };
 * const completion = await client.call('chat.complete', request, { onHeaders: (given) => (headers = given) });
 * console.log({ ...stepAnswer(completion, true), ...receiptOf(headers) }); // text, json, usage, …, cost_usd, request_id
 * ```
 */

export type StepInput = InputOf<'chat.complete'> & { stream?: false };
export type StepMessage = StepInput['messages'][number];

/** Pictures go with the last thing the user said. `params` are the form's names for what may be wrong. */
export function withImages(
  messages: StepMessage[],
  {
    urls,
    params,
    detail = '',
    help = '',
  }: { urls: readonly string[]; params: { images: string; messages: string }; detail?: string; help?: string },
): StepMessage[] {
  const images = urls.map((url) => {
    if (!/^(https?:\/\/\S+|data:image\/[\w.+-]+;base64,\S+)$/i.test(url))
      throw wrongField(
        `"${url.slice(0, 80)}" is not an image. Give an address that begins with https://${help}.`,
        params.images,
      );
    return { type: 'image_url', image_url: { url, ...(detail === '' ? {} : { detail }) } };
  });
  return withParts(messages, images, { what: 'An image', param: params.messages });
}

/** Addresses of images. Not split at commas: an address may hold one, and the data of a data URL does. */
export function imageUrls(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((url) => formText(url).trim()).filter((url) => url !== '');
}

/** A value that is not a number goes as it is: the gateway names the field it refuses. */
export function optionalNumber(key: 'temperature' | 'max_tokens', given: unknown): { [key: string]: number } {
  const value = formNumber(given ?? '');
  return value === '' ? {} : { [key]: value as number };
}

/** How long an equal question gets the answer that is stored; left empty, the call asks for no cache. */
export function responseCache(seconds: unknown): { response_cache?: { ttl_seconds: number } } {
  const value = formNumber(seconds ?? '');
  return value === '' ? {} : { response_cache: { ttl_seconds: value as number } };
}

/** OpenAI's list of messages, as it is or as JSON. */
export function messageList(given: unknown): unknown[] {
  const list = typeof given === 'string' ? readJson(given) : given;
  if (list === undefined) throw wrongField('The messages are not valid JSON. Check quotes and commas.', 'messages');
  if (!Array.isArray(list))
    throw wrongField('The messages must be a list: [{"role": "user", "content": "…"}].', 'messages');
  return list;
}

/** The spoken messages, after the system prompt if there is one. `param` is the form's name for the prompt. */
export function withSystemPrompt(spoken: readonly StepMessage[], systemPrompt: string, param: string): StepMessage[] {
  if (spoken.length === 0) throw wrongField('There is nothing to answer. Fill in the prompt, or add a message.', param);
  return systemPrompt === '' ? [...spoken] : [{ role: 'system', content: systemPrompt }, ...spoken];
}

/** An empty list says that there is no fallback; a form that is left empty does not mean that. */
export function fallbackModels(models: readonly string[], noFallback: boolean): Pick<StepInput, 'fallback_models'> {
  if (noFallback) return { fallback_models: [] };
  return models.length === 0 ? {} : { fallback_models: [...models] };
}

/** JSON that keeps to a schema, given as text or as it is. */
export function jsonBySchema(given: unknown, param: string): Pick<StepInput, 'response_format'> {
  const schema = bareSchema(given, param);
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: isClosed(schema) } },
  };
}

/** OpenAI's documents show the schema inside `{name, schema}`, and people paste it as it stands there. */
function bareSchema(given: unknown, param: string): Record<string, unknown> {
  const value = typeof given === 'string' ? readJson(given) : given;
  if (value === undefined) throw wrongField('The JSON schema is not valid JSON. Check quotes and commas.', param);
  if (!isRecord(value))
    throw wrongField('The JSON schema must be an object: {"type": "object", "properties": {…}}.', param);
  const schema = isRecord(value.schema) && value.type === undefined ? value.schema : value;
  if (typeof schema.type !== 'string' && !['anyOf', '$ref', 'enum'].some((word) => word in schema))
    throw wrongField('The JSON schema must say its "type". Begin with {"type": "object", "properties": {…}}.', param);
  return schema;
}

/** OpenAI keeps strictly only to a schema in which no object is open and no property optional; any other it refuses. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (!isRecord(schema)) return true;
  if (isRecord(schema.properties) || schema.type === 'object') {
    const required = Array.isArray(schema.required) ? schema.required : [];
    const names = Object.keys(isRecord(schema.properties) ? schema.properties : {});
    if (schema.additionalProperties !== false || !names.every((name) => required.includes(name))) return false;
  }
  return Object.entries(schema).every(([word, value]) =>
    byName.has(word) && isRecord(value) ? Object.values(value).every(isClosed) : isClosed(value),
  );
}

/** Words whose value is no schema but holds some, under names that are the author's: `properties` and `type` among them. */
const byName = new Set(['properties', '$defs', 'definitions']);

/** The gateway's figures beside an answer. Null is unknown; for a budget, that there is none. */
export interface Receipt {
  provider: string | null;
  cost_usd: number | null;
  budget_remaining_usd: number | null;
  route: string | null;
  request_id: string | null;
  /** Whether the answer came from memory, was stored there or neither, in the words of the header. */
  cache: string | null;
  /** Below zero where the call cost more than it would have. Null where there is nothing to compare with. */
  saved_usd: number | null;
}

export function receiptOf(headers: TransportAnswer['headers']): Receipt {
  return {
    provider: headers['x-gateway-provider'] ?? null,
    cost_usd: dollars(headers['x-gateway-cost-usd']),
    budget_remaining_usd: dollars(headers['x-gateway-budget-remaining-usd']),
    route: fromHeaderText(headers['x-gateway-route'] ?? '') || null,
    request_id: headers['x-request-id'] ?? null,
    cache: headers['x-gateway-cache'] ?? null,
    saved_usd: dollars(headers['x-gateway-saved-usd']),
  };
}

/** The run of a prompt has its figures in the answer itself. */
export function receiptOfRun(run: OutputOf<'prompts.run'>): Receipt {
  const { provider, cost_usd, budget_remaining_usd, route, request_id, cache, saved_usd } = run;
  return { provider, cost_usd, budget_remaining_usd, route, request_id, cache, saved_usd };
}

function dollars(value: string | undefined): number | null {
  return value === undefined || value === '' ? null : Number(value);
}

/**
 * The answer itself. `json` is null unless it was asked for, and where there is none: cut short (`finish_reason` is `length`),
 * refused, or no JSON at all. The text was paid for and stays. A refusal is an answer too: its words stand in place of the text.
 */
export function stepAnswer(completion: OutputOf<'chat.complete'>, asJson: boolean) {
  const [choice] = completion.choices;
  const content = choice?.message.content ?? '';
  const refusal = refusalIn(choice?.message);
  const { usage } = completion;
  return {
    text: content === '' ? (refusal ?? '') : content,
    json: asJson && choice?.finish_reason !== 'length' ? jsonIn(content) : null,
    refusal,
    model: completion.model,
    finish_reason: choice?.finish_reason ?? null,
    usage: {
      input_tokens: usage?.prompt_tokens ?? 0,
      output_tokens: usage?.completion_tokens ?? 0,
      total_tokens: usage?.total_tokens ?? 0,
    },
  };
}

function refusalIn(message: Readonly<Record<string, unknown>> | undefined): string | null {
  const refusal = message?.refusal;
  return typeof refusal === 'string' && refusal !== '' ? refusal : null;
}

/** The JSON in a text: alone, in a fence, or among other words. Null where there is none. */
function jsonIn(text: string): unknown {
  const found = [/^[\s\S]*$/, /(?<=```[a-z]*\s)[\s\S]*?(?=```)/i, /[{[][\s\S]*[}\]]/, /\{[\s\S]*\}/, /\[[\s\S]*\]/]
    .map((part) => readJson(part.exec(text)?.[0] ?? ''))
    .find((value) => value !== undefined);
  return found ?? null;
}

/** A field of a form that could not be sent as it was filled in. */
function wrongField(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
