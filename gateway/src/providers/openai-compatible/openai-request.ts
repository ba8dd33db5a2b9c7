import { createHash } from 'node:crypto';
import type { JsonObject, NeutralCall, Tool } from '../../dialects/neutral.ts';
import { withinCeiling } from '../../models/answer-ceiling.ts';
import type { Target } from '../adapter.ts';
import { droppedExtras, droppedOf, droppedStrict } from '../dropped.ts';
import { effortFor, isForeign, type OpenAiModel, openAiModel, takesSampling, thinks } from '../openai/openai-model.ts';
import { writeMessages } from './openai-messages.ts';
import { fitsStrict, withProperties } from './openai-schema.ts';

/** A neutral call as an OpenAI chat completion request, and what of it the model cannot honour. */
export function chatRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const takes = target.kind === 'openai' && !isForeign(target.model) ? openAiModel(target.model) : undefined;
  const reasons = takes !== undefined && takes.efforts.length > 0;
  const samples = takes === undefined || takesSampling(takes, thinks(call.reasoning, target.model));
  const alwaysParallel = takes?.parallel === false;
  const body: JsonObject = {
    model: target.model,
    messages: writeMessages(call.messages),
    ...(call.tools.length === 0 ? {} : { tools: call.tools.map((tool) => writeTool(call, tool)) }),
    ...toolChoice(call, { alwaysParallel }),
    ...outputFormat(call),
    // Compatible servers know the older name; OpenAI's reasoning models know only the newer.
    ...defined({
      [target.kind === 'openai' ? 'max_completion_tokens' : 'max_tokens']: withinCeiling(call.maxTokens, target),
    }),
    ...(samples
      ? defined({
          temperature: call.temperature,
          top_p: call.topP,
          logprobs: call.logprobs,
          top_logprobs: call.topLogprobs,
        })
      : {}),
    ...(takes?.stops === false
      ? {}
      : defined({ frequency_penalty: call.frequencyPenalty, presence_penalty: call.presencePenalty })),
    ...(call.stop.length === 0 || takes?.stops === false ? {} : { stop: call.stop.slice(0, 4) }),
    ...defined({
      seed: takes?.searches ? undefined : call.seed,
      user: target.kind === 'openai' ? shortUser(call.user) : call.user,
      service_tier: openAiTier(call.serviceTier),
      reasoning_effort: reasons ? effortFor(call.reasoning, target.model) : undefined,
    }),
    ...(call.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  const dropped = [
    ...droppedBy(call, { takes, reasons, samples }),
    ...(alwaysParallel ? droppedOf(call, ['parallelToolCalls']) : []),
  ];
  return { body, dropped };
}

const userLengthMax = 64;

/** OpenAI takes no longer one; Claude Code's is twice as long. What tells people apart still does. */
export function shortUser(user: string | undefined): string | undefined {
  return user === undefined || user.length <= userLengthMax ? user : createHash('sha256').update(user).digest('hex');
}

function droppedBy(
  call: NeutralCall,
  { takes, reasons, samples }: { takes: OpenAiModel | undefined; reasons: boolean; samples: boolean },
): string[] {
  const dropped = [
    ...droppedOf(call, ['topK', 'choices']),
    ...(samples ? [] : droppedOf(call, ['temperature', 'topP', 'logprobs', 'topLogprobs'])),
    ...(takes?.stops === false ? droppedOf(call, ['frequencyPenalty', 'presencePenalty', 'stop']) : []),
    ...(takes?.searches ? droppedOf(call, ['seed']) : []),
    ...(reasons ? [] : droppedOf(call, call.reasoning?.effort === 'none' ? [] : ['reasoning'])),
    ...(openAiTier(call.serviceTier) === undefined ? droppedOf(call, ['serviceTier']) : []),
    ...droppedStrict(
      call,
      call.tools.filter(({ strict, parameters }) => strictFor(call, strict, parameters) === undefined),
    ),
    ...(call.dialect === 'chat' ? [] : droppedExtras(call)),
  ];
  return [...dropped, ...(call.stop.length > 4 ? droppedOf(call, ['stop']) : [])];
}

export function openAiTier(tier: string | undefined): string | undefined {
  return tier === 'auto' || tier === 'default' || tier === 'flex' || tier === 'priority' ? tier : undefined;
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function writeTool(call: NeutralCall, { name, description, parameters, strict }: Tool): JsonObject {
  return {
    type: 'function',
    function: defined({
      name,
      description,
      parameters: withProperties(parameters),
      strict: strictFor(call, strict, parameters),
    }),
  };
}

/** Anthropic's strict lets a property be left out, OpenAI's does not: a schema that does is followed as well as can be. */
export function strictFor(call: NeutralCall, strict: boolean | undefined, schema: JsonObject): boolean | undefined {
  return strict && call.dialect === 'messages' && !fitsStrict(schema) ? undefined : strict;
}

/** `alwaysParallel`: the model refuses to be told. */
function toolChoice(call: NeutralCall, { alwaysParallel }: { alwaysParallel: boolean }): JsonObject {
  if (call.tools.length === 0) return {};
  const parallel =
    call.parallelToolCalls === undefined || alwaysParallel ? {} : { parallel_tool_calls: call.parallelToolCalls };
  if (call.toolChoice === undefined) return parallel;
  const choice =
    call.toolChoice.kind === 'tool'
      ? { type: 'function', function: { name: call.toolChoice.name } }
      : call.toolChoice.kind;
  return { ...parallel, tool_choice: choice };
}

/** "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64." */
function schemaName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer';
}

function outputFormat(call: NeutralCall): JsonObject {
  const { output } = call;
  if (output.kind === 'text') return {};
  if (output.kind === 'json') return { response_format: { type: 'json_object' } };
  const { name, schema, description } = output;
  const strict = strictFor(call, output.strict, schema);
  return {
    response_format: {
      type: 'json_schema',
      json_schema: defined({ name: schemaName(name), schema, strict, description }),
    },
  };
}
