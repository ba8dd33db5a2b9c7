import type { JsonObject, ToolOrigin } from './neutral.ts';
import { customInput } from './responses-tools.ts';

/** The items an answer consists of, as OpenAI writes them: words, thoughts and calls are each an item of their own. */

export type ItemStatus = 'completed' | 'in_progress' | 'incomplete';

export function responseId(requestId: string): string {
  return `resp_${suffixOf(requestId)}`;
}

/** Ids of the items of one answer, numbered as they come. */
export class ItemIds {
  readonly #suffix: string;
  #count = 0;

  constructor(requestId: string) {
    this.#suffix = suffixOf(requestId);
  }

  next(prefix: 'msg' | 'fc' | 'ctc' | 'rs'): string {
    return `${prefix}_${this.#suffix}${this.#count++}`;
  }
}

function suffixOf(requestId: string): string {
  return requestId.replace(/^req_/, '');
}

/**
 * Whether the gateway made this id of a response or an item. It holds the 26 characters of a request's id, and for an item its
 * number; OpenAI's have 48 hexadecimal digits or more.
 */
export function isOwnId(id: string): boolean {
  return /^(?:resp_[0-9a-z]{26}|(?:msg|fc|ctc|rs)_[0-9a-z]{26}\d{1,6})$/.test(id);
}

export function messageItem(id: string, status: ItemStatus, content: readonly JsonObject[]): JsonObject {
  return { id, type: 'message', role: 'assistant', status, content };
}

export function textPart(
  text: string,
  more: { annotations?: readonly unknown[] | undefined; logprobs?: readonly JsonObject[] } = {},
): JsonObject {
  return {
    type: 'output_text',
    text,
    annotations: (more.annotations ?? []).flatMap(flatAnnotation),
    logprobs: more.logprobs ?? [],
  };
}

export function refusalPart(refusal: string): JsonObject {
  return { type: 'refusal', refusal };
}

/** `proof` is missing only while the thought is under way. */
export function reasoningItem(id: string, text: string, proof?: string): JsonObject {
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [summaryPart(text)],
    ...(proof === undefined ? {} : { encrypted_content: proof }),
  };
}

export function summaryPart(text: string): JsonObject {
  return { type: 'summary_text', text };
}

export function callItem(
  id: string,
  status: ItemStatus,
  call: { id: string; name: string; arguments: string },
  origin?: ToolOrigin,
): JsonObject {
  const { namespace, name = call.name, isCustom } = origin ?? {};
  const named = { call_id: call.id, name, ...(namespace === undefined ? {} : { namespace }) };
  if (isCustom) return { id, type: 'custom_tool_call', status, ...named, input: customInput(call.arguments) };
  return { id, type: 'function_call', status, ...named, arguments: call.arguments };
}

/** Chat completions nest a citation under its kind, responses do not. Other kinds of annotation have no form here. */
function flatAnnotation(annotation: unknown): JsonObject[] {
  const { type, url_citation: nested } = (annotation ?? {}) as JsonObject;
  if (type !== 'url_citation') return [];
  const { url, title, start_index: start, end_index: end } = (nested ?? annotation) as JsonObject;
  if (typeof url !== 'string') return [];
  return [
    {
      type,
      url,
      title: typeof title === 'string' ? title : '',
      start_index: typeof start === 'number' ? start : 0,
      end_index: typeof end === 'number' ? end : 0,
    },
  ];
}

/** The tokens of chat's `logprobs` object; clients count on `top_logprobs` being a list. */
export function tokensOf(logprobs: unknown): JsonObject[] {
  const { content } = (logprobs ?? {}) as JsonObject;
  return Array.isArray(content) ? (content as JsonObject[]).map((token) => ({ top_logprobs: [], ...token })) : [];
}
