import type { Answer, AnswerPart, FinishReason, JsonObject } from '../../dialects/neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from '../../dialects/read-usage.ts';
import { argumentsText } from '../../dialects/tool-arguments.ts';
import { type ProviderFailure, UnreadableAnswer } from '../adapter.ts';
import { brokenArguments, brokenCall } from '../broken-call.ts';
import { cleanMessage } from '../failure.ts';
import { unreadable } from '../openai-compatible/openai-answer.ts';
import { asArray, asObject, asText } from '../read-json.ts';

/** A response of OpenAI's as a neutral answer. Only what is used is read. */
export function readResponse(body: unknown): Answer {
  const response = asObject(body);
  const output = asArray(response?.output);
  if (response === undefined || output === undefined || response.object !== 'response') throw unreadable(response);
  if (response.status !== 'completed' && response.status !== 'incomplete')
    throw new UnreadableAnswer(failureIn(response));
  const parts = output.flatMap((item) => readItem(asObject(item) ?? {}));
  const usage = withOpenAiExtras(readOpenAiUsage(response.usage), response);
  const logprobs = logprobsOf(output);
  return {
    id: asText(response.id) ?? '',
    model: asText(response.model) ?? '',
    parts,
    finish: finishOf(response, {
      called: parts.some(({ kind }) => kind === 'tool-call'),
      refused: parts.some(({ kind }) => kind === 'refusal'),
    }),
    ...(usage && { usage }),
    ...(logprobs === undefined ? {} : { logprobs }),
  };
}

/** The failure that a response reports. */
export function failureIn(response: JsonObject): ProviderFailure {
  const error = asObject(response.error);
  const message = cleanMessage(error?.message ?? 'the provider did not finish its answer', 500);
  const code = asText(error?.code);
  if (code === 'rate_limit_exceeded') return { kind: 'busy', message };
  if (code?.includes('policy')) return { kind: 'caller', message, code: 'content_policy_violation' };
  if (code === 'invalid_prompt' || code?.includes('image')) return { kind: 'caller', message, code: 'invalid_request' };
  return { kind: 'broken', message };
}

export function finishOf(
  response: JsonObject,
  { called, refused }: { called: boolean; refused: boolean },
): FinishReason {
  if (response.status === 'incomplete')
    return asObject(response.incomplete_details)?.reason === 'content_filter' ? 'content-filter' : 'length';
  if (called) return 'tool-calls';
  return refused ? 'refusal' : 'stop';
}

/** Items of OpenAI's own tools and unknown kinds of items are passed over. */
function readItem(item: JsonObject): AnswerPart[] {
  switch (item.type) {
    case 'message':
      return (asArray(item.content) ?? []).flatMap((part) => readContent(asObject(part) ?? {}));
    case 'reasoning':
      return [
        {
          kind: 'reasoning',
          text: [...textsOf(item.summary), ...textsOf(item.content)].join('\n\n'),
          ...proofOf(item),
        },
      ];
    case 'function_call': {
      const args = argumentsText(item.arguments);
      if (args === undefined) throw brokenCall(brokenArguments);
      return [{ kind: 'tool-call', ...readCall(item), arguments: args }];
    }
    default:
      return [];
  }
}

export function readCall(item: JsonObject): { id: string; name: string } {
  return { id: asText(item.call_id) || asText(item.id) || '', name: asText(item.name) ?? '' };
}

export function proofOf(item: JsonObject): { signature?: string; signedBy?: 'openai' } {
  const signature = asText(item.encrypted_content);
  return signature ? { signature, signedBy: 'openai' } : {};
}

function textsOf(list: unknown): string[] {
  return (asArray(list) ?? []).flatMap((part) => asText(asObject(part)?.text) || []);
}

function readContent(part: JsonObject): AnswerPart[] {
  const text = asText(part.text);
  const refusal = asText(part.refusal);
  if (part.type === 'refusal') return refusal ? [{ kind: 'refusal', text: refusal }] : [];
  if (part.type !== 'output_text' || !text) return [];
  const annotations = (asArray(part.annotations) ?? []).map(nested);
  return [{ kind: 'text', text, ...(annotations.length === 0 ? {} : { annotations }) }];
}

/** Chat completions nest a citation under its kind, and that is the form in which annotations are carried. */
function nested(annotation: unknown): unknown {
  const { type, ...rest } = asObject(annotation) ?? {};
  return type === 'url_citation' && rest.url_citation === undefined ? { type, url_citation: rest } : annotation;
}

function logprobsOf(output: readonly unknown[]): JsonObject | undefined {
  const content = output
    .flatMap((item) => asArray(asObject(item)?.content) ?? [])
    .flatMap((part) => asArray(asObject(part)?.logprobs) ?? []);
  return content.length === 0 ? undefined : { content, refusal: null };
}
