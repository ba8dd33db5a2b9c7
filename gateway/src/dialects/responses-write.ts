import type { AnswerContext } from './dialect.ts';
import { exactly } from './exact-json.ts';
import type { Answer, AnswerPart, FinishReason, JsonObject, NeutralCall, Tool, Usage } from './neutral.ts';
import {
  callItem,
  ItemIds,
  messageItem,
  reasoningItem,
  refusalPart,
  responseId,
  textPart,
  tokensOf,
} from './responses-items.ts';
import { writeCallProof, writeProof } from './responses-proof.ts';
import { writeToolChoice } from './responses-tool-choice.ts';
import { originOf, writeTools } from './responses-tools.ts';

export function writeResponse(answer: Answer, context: AnswerContext): JsonObject {
  const ending = endingOf(
    answer.finish,
    answer.parts.some(({ kind }) => kind === 'refusal'),
  );
  return responseObject(context, {
    ending,
    model: answer.model,
    output: writeItems(answer, ending.status, { ids: new ItemIds(context.requestId), tools: context.call.tools }),
    usage: answer.usage,
  });
}

export type Ending =
  | { status: 'completed' | 'in_progress'; reason?: never }
  | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' };

/** `refused`: the answer says in words that it is none. A refusal without a word would look like an empty success. */
export function endingOf(finish: FinishReason, refused: boolean): Ending {
  if (finish === 'length') return { status: 'incomplete', reason: 'max_output_tokens' };
  if (finish === 'content-filter' || (finish === 'refusal' && !refused))
    return { status: 'incomplete', reason: 'content_filter' };
  return { status: 'completed' };
}

export function responseObject(
  { requestId, createdAtMs, call }: AnswerContext,
  state: { ending: Ending; model: string; output: readonly JsonObject[]; usage: Usage | undefined },
): JsonObject {
  const { ending, model, output, usage } = state;
  return {
    id: responseId(requestId),
    object: 'response',
    created_at: Math.floor(createdAtMs / 1000),
    status: ending.status,
    access_programs: null,
    background: false,
    error: null,
    incomplete_details: ending.reason === undefined ? null : { reason: ending.reason },
    instructions: null,
    max_output_tokens: call.maxTokens ?? null,
    metadata: {},
    model,
    output,
    parallel_tool_calls: call.parallelToolCalls ?? true,
    previous_response_id: null,
    reasoning: { effort: call.reasoning?.effort ?? null, summary: call.reasoning?.visible ? 'auto' : null },
    store: false,
    temperature: call.temperature ?? null,
    text: { format: writeFormat(call) },
    tool_choice: writeToolChoice(call),
    tools: writeTools(call.tools),
    top_logprobs: call.topLogprobs ?? 0,
    top_p: call.topP ?? null,
    truncation: 'disabled',
    usage: usage === undefined ? null : writeUsage(usage),
    user: call.user ?? null,
  };
}

function writeFormat({ output }: NeutralCall): JsonObject {
  if (output.kind === 'text') return { type: 'text' };
  if (output.kind === 'json') return { type: 'json_object' };
  return {
    type: 'json_schema',
    name: output.name,
    schema: exactly(output.schema),
    strict: output.strict ?? null,
    description: output.description ?? null,
  };
}

function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

interface Making {
  ids: ItemIds;
  tools: readonly Tool[];
}

/** Neighbouring words and refusals are one message. Where an answer was cut, it was cut in its last item. */
function writeItems({ parts, logprobs }: Answer, ending: Ending['status'], making: Making): JsonObject[] {
  const { ids } = making;
  const items: JsonObject[] = [];
  let tokens = tokensOf(logprobs);
  let content: JsonObject[] | undefined;
  for (const part of parts) {
    if (part.kind !== 'text' && part.kind !== 'refusal') {
      content = undefined;
      items.push(...writeItem(part, making));
      continue;
    }
    if (content === undefined) {
      content = [];
      items.push(messageItem(ids.next('msg'), 'completed', content));
    }
    if (part.kind === 'refusal') content.push(refusalPart(part.text));
    else {
      // They are of the whole answer, and stand once.
      content.push(textPart(part.text, { annotations: part.annotations, logprobs: tokens }));
      tokens = [];
    }
  }
  const last = items.at(-1);
  if (ending === 'incomplete' && last !== undefined && 'status' in last) last.status = 'incomplete';
  return items;
}

function writeItem(
  part: Extract<AnswerPart, { kind: 'reasoning' | 'tool-call' }>,
  { ids, tools }: Making,
): JsonObject[] {
  if (part.kind === 'reasoning') return [reasoningItem(ids.next('rs'), part.text, writeProof(part))];
  const proof =
    part.signature === undefined ? [] : [reasoningItem(ids.next('rs'), '', writeCallProof(part.id, part.signature))];
  const origin = originOf(tools, part.name);
  return [...proof, callItem(ids.next(origin?.isCustom ? 'ctc' : 'fc'), 'completed', part, origin)];
}
