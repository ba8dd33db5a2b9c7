import type { AnswerContext } from './dialect.ts';
import type { Answer, AnswerPart, FinishReason, JsonObject, NeutralCall, ProviderKind, Usage } from './neutral.ts';
import { markSignature } from './signatures.ts';

export function responseId(requestId: string): string {
  return `resp_${requestId.replace(/^req_/, '')}`;
}

export function writeResponse(answer: Answer, context: AnswerContext): JsonObject {
  const ids = new ItemIds(context.requestId);
  return responseObject(context, {
    model: answer.model,
    status: statusOf(answer.finish),
    output: writeItems(answer.parts, answer.logprobs, ids),
    usage: answer.usage,
  });
}

type Status = { status: 'completed' | 'incomplete' | 'in_progress'; reason?: 'max_output_tokens' | 'content_filter' };

export function statusOf(finish: FinishReason): Status {
  if (finish === 'length') return { status: 'incomplete', reason: 'max_output_tokens' };
  return finish === 'content-filter' ? { status: 'incomplete', reason: 'content_filter' } : { status: 'completed' };
}

/** Ids of items, the same in an item's every event. */
export class ItemIds {
  readonly #suffix: string;
  #count = 0;

  constructor(requestId: string) {
    this.#suffix = requestId.replace(/^req_/, '');
  }

  next(prefix: 'msg' | 'fc' | 'rs'): string {
    return `${prefix}_${this.#suffix}${this.#count++}`;
  }
}

export function responseObject(
  { requestId, createdAtMs, call }: AnswerContext,
  state: { model: string; status: Status; output: JsonObject[]; usage: Usage | undefined },
): JsonObject {
  const { status } = state;
  return {
    id: responseId(requestId),
    object: 'response',
    created_at: Math.floor(createdAtMs / 1000),
    status: status.status,
    background: false,
    error: null,
    incomplete_details: status.reason === undefined ? null : { reason: status.reason },
    instructions: null,
    max_output_tokens: call.maxTokens ?? null,
    model: state.model,
    output: state.output,
    parallel_tool_calls: call.parallelToolCalls ?? true,
    previous_response_id: null,
    reasoning: { effort: call.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: call.temperature ?? null,
    text: { format: writeFormat(call) },
    tool_choice: writeToolChoice(call),
    tools: call.tools.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      name,
      description: description ?? null,
      parameters,
      strict: strict ?? null,
    })),
    top_p: call.topP ?? null,
    truncation: 'disabled',
    usage: state.usage === undefined ? null : writeUsage(state.usage),
    user: call.user ?? null,
    metadata: {},
  };
}

function writeFormat({ output }: NeutralCall): JsonObject {
  if (output.kind === 'text') return { type: 'text' };
  if (output.kind === 'json') return { type: 'json_object' };
  return {
    type: 'json_schema',
    name: output.name,
    schema: output.schema,
    strict: output.strict ?? null,
    description: output.description ?? null,
  };
}

function writeToolChoice({ toolChoice }: NeutralCall): unknown {
  if (toolChoice === undefined) return 'auto';
  return toolChoice.kind === 'tool' ? { type: 'function', name: toolChoice.name } : toolChoice.kind;
}

function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** Neighbouring words and refusals are one message; reasoning and calls are items of their own. */
function writeItems(parts: readonly AnswerPart[], logprobs: unknown, ids: ItemIds): JsonObject[] {
  const items: JsonObject[] = [];
  let content: JsonObject[] | undefined;
  for (const part of parts) {
    if (part.kind === 'text' || part.kind === 'refusal') {
      if (content === undefined) {
        content = [];
        items.push(messageItem(ids.next('msg'), 'completed', content));
      }
      content.push(
        part.kind === 'text'
          ? textPart(part.text, { annotations: part.annotations, logprobs })
          : { type: 'refusal', refusal: part.text },
      );
      continue;
    }
    content = undefined;
    if (part.kind === 'reasoning') items.push(reasoningItem(ids.next('rs'), part));
    else {
      if (part.signature !== undefined)
        items.push(reasoningItem(ids.next('rs'), { text: '', signature: part.signature, signedBy: 'gemini' }));
      items.push(callItem(ids.next('fc'), part, 'completed'));
    }
  }
  return items;
}

export function messageItem(
  id: string,
  status: 'completed' | 'in_progress' | 'incomplete',
  content: JsonObject[],
): JsonObject {
  return { id, type: 'message', role: 'assistant', status, content };
}

export function textPart(
  text: string,
  more: { annotations?: readonly unknown[] | undefined; logprobs?: unknown } = {},
): JsonObject {
  const content = (more.logprobs as { content?: unknown } | null | undefined)?.content;
  return {
    type: 'output_text',
    text,
    annotations: more.annotations ?? [],
    logprobs: Array.isArray(content) ? content : [],
  };
}

export function reasoningItem(
  id: string,
  part: {
    text: string;
    signature?: string | undefined;
    signedBy?: ProviderKind | undefined;
    redacted?: string | undefined;
  },
): JsonObject {
  const proof = part.redacted === undefined ? part.signature : `redacted.${part.redacted}`;
  return {
    id,
    type: 'reasoning',
    summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
    ...(proof === undefined ? {} : { encrypted_content: markSignature(proof, part.signedBy, 'openai') }),
  };
}

export function callItem(
  id: string,
  call: { id: string; name: string; arguments: string },
  status: 'completed' | 'in_progress',
): JsonObject {
  return { id, type: 'function_call', status, call_id: call.id, name: call.name, arguments: call.arguments };
}
