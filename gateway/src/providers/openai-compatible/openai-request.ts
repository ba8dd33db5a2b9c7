import { createHash } from 'node:crypto';
import type { DialectId, JsonObject, NeutralCall, Tool } from '../../dialects/neutral.ts';
import type { ProviderRequest, Target } from '../adapter.ts';
import { droppedExtras, droppedOf, droppedStrict } from '../dropped.ts';
import { withinCeiling } from '../within-ceiling.ts';
import { type ThoughtsBack, writeMessages } from './openai-messages.ts';
import { fitsStrict, withProperties } from './openai-schema.ts';

/** The rules of a model for parameters of a chat completion that not every model takes. */
export interface ChatRules {
  /** Servers that follow OpenAI know the older name; OpenAI's reasoning models know only the newer. */
  tokenLimitField: 'max_tokens' | 'max_completion_tokens';
  /** The most tokens it answers, where that is known. */
  answerCeiling: number | undefined;
  /** Takes `temperature`, `top_p` and log probabilities. */
  samples: boolean;
  /** Takes `stop` and penalties. */
  stops: boolean;
  seeds: boolean;
  /** Takes `parallel_tool_calls`. */
  parallel: boolean;
  /** Knows words for how hard to think; `effort` is the one of this call. */
  reasons: boolean;
  effort: string | undefined;
  /** The longest `user` that is taken. */
  userLengthMax: number;
  /** Default: it takes no thoughts back. */
  thoughts?: ThoughtsBack;
}

/** A server whose models nobody here knows. */
export const anyServer: ChatRules = {
  tokenLimitField: 'max_tokens',
  answerCeiling: undefined,
  samples: true,
  stops: true,
  seeds: true,
  parallel: true,
  reasons: false,
  effort: undefined,
  userLengthMax: Number.POSITIVE_INFINITY,
};

const paths: Record<DialectId, string> = {
  chat: '/chat/completions',
  responses: '/responses',
  messages: '/chat/completions',
};

export function openAiRelay(dialect: DialectId, target: Target): Omit<ProviderRequest, 'body'> {
  return { url: `${target.baseUrl}${paths[dialect]}`, headers: openAiHeaders(target) };
}

export function openAiHeaders(target: Target): Record<string, string> {
  return { 'content-type': 'application/json', authorization: `Bearer ${target.apiKey}` };
}

/** A neutral call as an OpenAI chat completion request, and what of it the model cannot honour. */
export function chatRequest(
  call: NeutralCall,
  model: string,
  rules: ChatRules = anyServer,
): { body: JsonObject; dropped: string[] } {
  const { samples, stops, parallel } = rules;
  const body: JsonObject = {
    model,
    messages: writeMessages(call.messages, rules.thoughts),
    ...(call.tools.length === 0 ? {} : { tools: call.tools.map((tool) => writeTool(call, tool)) }),
    ...toolChoice(call, { alwaysParallel: !parallel }),
    ...outputFormat(call),
    ...defined({ [rules.tokenLimitField]: withinCeiling(call.maxTokens, rules.answerCeiling) }),
    ...(samples
      ? defined({
          temperature: call.temperature,
          top_p: call.topP,
          logprobs: call.logprobs,
          top_logprobs: call.topLogprobs,
        })
      : {}),
    ...(stops ? defined({ frequency_penalty: call.frequencyPenalty, presence_penalty: call.presencePenalty }) : {}),
    ...(call.stop.length === 0 || !stops ? {} : { stop: call.stop.slice(0, 4) }),
    ...defined({
      seed: rules.seeds ? call.seed : undefined,
      user: shortUser(call.user, rules.userLengthMax),
      service_tier: openAiTier(call.serviceTier),
      reasoning_effort: rules.effort,
    }),
    ...(call.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return { body, dropped: droppedBy(call, rules) };
}

/** OpenAI takes 64 characters; Claude Code's user is twice as long. A hash still tells people apart. */
export function shortUser(user: string | undefined, lengthMax: number): string | undefined {
  return user === undefined || user.length <= lengthMax ? user : createHash('sha256').update(user).digest('hex');
}

function droppedBy(call: NeutralCall, { samples, stops, seeds, parallel, reasons }: ChatRules): string[] {
  return [
    ...droppedOf(call, ['topK', 'choices']),
    ...(samples ? [] : droppedOf(call, ['temperature', 'topP', 'logprobs', 'topLogprobs'])),
    ...(stops ? [] : droppedOf(call, ['frequencyPenalty', 'presencePenalty', 'stop'])),
    ...(seeds ? [] : droppedOf(call, ['seed'])),
    ...(reasons ? [] : droppedOf(call, call.reasoning?.effort === 'none' ? [] : ['reasoning'])),
    ...(openAiTier(call.serviceTier) === undefined ? droppedOf(call, ['serviceTier']) : []),
    ...droppedStrict(
      call,
      call.tools.filter(({ strict, parameters }) => strictFor(call, strict, parameters) === undefined),
    ),
    ...(call.dialect === 'chat' ? [] : droppedExtras(call)),
    ...(call.stop.length > 4 ? droppedOf(call, ['stop']) : []),
    ...(parallel ? [] : droppedOf(call, ['parallelToolCalls'])),
  ];
}

/** The words of `service_tier` in OpenAI's API. */
const tiers: readonly (string | undefined)[] = ['auto', 'default', 'flex', 'scale', 'priority', 'fast'];

export function openAiTier(tier: string | undefined): string | undefined {
  return tiers.includes(tier) ? tier : undefined;
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

/** `alwaysParallel`: the model refuses the field. */
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
