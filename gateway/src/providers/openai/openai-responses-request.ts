import type { JsonObject, NeutralCall } from '../../dialects/neutral.ts';
import type { Target } from '../adapter.ts';
import { droppedExtras, droppedOf, droppedStrict } from '../dropped.ts';
import { openAiTier, shortUser, strictFor } from '../openai-compatible/openai-request.ts';
import { withProperties } from '../openai-compatible/openai-schema.ts';
import { withinCeiling } from '../within-ceiling.ts';
import {
  effortFor,
  type OpenAiModel,
  openAiAnswerCeiling,
  openAiModel,
  takesSampling,
  thinks,
  userLengthMax,
} from './openai-model.ts';
import { writeInput } from './openai-responses-input.ts';

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" */
const outputTokensMin = 16;
/** Chat's members the other endpoint knows under the same name. */
const sharedWithChat = ['prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'] as const;

/**
 * A neutral call as a request to OpenAI's `/v1/responses`, and what of it the model cannot honour there. Nothing is stored; the
 * model's thoughts come back encrypted, so that the next turn can hand them on.
 */
export function responsesRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const takes = openAiModel(target.model);
  const samples = takesSampling(takes, thinks(call.reasoning, target.model));
  const reasons = takes.efforts.length > 0;
  const ceiling = withinCeiling(call.maxTokens, openAiAnswerCeiling(target.model));
  const include = [
    ...(reasons ? ['reasoning.encrypted_content'] : []),
    ...(samples && call.logprobs ? ['message.output_text.logprobs'] : []),
  ];
  const text = textOf(call, takes);
  const reasoning = reasons ? reasoningOf(call, target.model) : undefined;
  const body: JsonObject = {
    model: target.model,
    input: writeInput(call.messages, takes),
    store: false,
    ...toolFields(call),
    ...(text === undefined ? {} : { text }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(include.length === 0 ? {} : { include }),
    ...(ceiling === undefined ? {} : { max_output_tokens: Math.max(outputTokensMin, ceiling) }),
    ...defined({
      ...(samples
        ? {
            temperature: call.temperature,
            top_p: call.topP,
            top_logprobs: call.logprobs ? call.topLogprobs : undefined,
          }
        : {}),
      user: shortUser(call.user, userLengthMax),
      service_tier: tierOf(call),
    }),
    ...(call.dialect === 'chat'
      ? defined(Object.fromEntries(sharedWithChat.map((name) => [name, call.extra[name]])))
      : {}),
    ...(call.stream ? { stream: true } : {}),
  };
  return { body, dropped: droppedBy(call, { takes, samples, reasons }) };
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function toolFields(call: NeutralCall): JsonObject {
  if (call.tools.length === 0) return {};
  const { parallelToolCalls: parallel } = call;
  const choice = choiceOf(call);
  return {
    tools: call.tools.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      parameters: withProperties(parameters),
      // Here, unlike in chat, a tool that says nothing of it is strict.
      strict: strictFor(call, strict, parameters) ?? false,
    })),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
  };
}

function choiceOf({ toolChoice: choice, allowedTools: allowed }: NeutralCall): unknown {
  if (choice?.kind === 'tool') return { type: 'function', name: choice.name };
  if (allowed === undefined || choice?.kind === 'none') return choice?.kind;
  const tools = allowed.map((name) => ({ type: 'function', name }));
  return { type: 'allowed_tools', mode: choice?.kind ?? 'auto', tools };
}

function textOf(call: NeutralCall, takes: OpenAiModel): JsonObject | undefined {
  const format = formatOf(call);
  const verbosity = takes.verbosity && call.dialect === 'chat' ? call.extra.verbosity : undefined;
  if (format === undefined && verbosity === undefined) return undefined;
  return defined({ format, verbosity });
}

function formatOf(call: NeutralCall): JsonObject | undefined {
  const { output } = call;
  if (output.kind === 'text') return undefined;
  if (output.kind === 'json') return { type: 'json_object' };
  const { name, schema, description } = output;
  return defined({
    type: 'json_schema',
    name,
    schema,
    strict: strictFor(call, output.strict, schema) ?? false,
    description,
  });
}

function reasoningOf({ reasoning }: NeutralCall, model: string): JsonObject | undefined {
  const effort = effortFor(reasoning, model, 'responses');
  const summary = reasoning?.visible === true && effort !== 'none' ? 'auto' : undefined;
  return effort === undefined && summary === undefined ? undefined : defined({ effort, summary });
}

/** `ultrafast` is known here alone. */
function tierOf({ serviceTier }: NeutralCall): string | undefined {
  return serviceTier === 'ultrafast' ? serviceTier : openAiTier(serviceTier);
}

function droppedBy(
  call: NeutralCall,
  { takes, samples, reasons }: { takes: OpenAiModel; samples: boolean; reasons: boolean },
): string[] {
  return [
    ...droppedOf(call, ['topK', 'choices', 'stop', 'seed', 'frequencyPenalty', 'presencePenalty']),
    ...(samples ? [] : droppedOf(call, ['temperature', 'topP', 'logprobs', 'topLogprobs'])),
    ...(reasons || call.reasoning?.effort === 'none' ? [] : droppedOf(call, ['reasoning'])),
    ...(tierOf(call) === undefined ? droppedOf(call, ['serviceTier']) : []),
    ...droppedStrict(
      call,
      call.tools.filter(({ strict, parameters }) => strictFor(call, strict, parameters) === undefined),
    ),
    ...droppedExtras(call).filter((name) => !isHonoured(call, name, takes)),
  ];
}

function isHonoured({ dialect, extra }: NeutralCall, name: string, takes: OpenAiModel): boolean {
  if (dialect !== 'chat') return false;
  if (name === 'verbosity') return takes.verbosity || extra.verbosity === 'medium';
  // Neither is anything but the default: nothing is stored, and the answer is text.
  if (name === 'store') return extra.store === false;
  if (name === 'modalities') return JSON.stringify(extra.modalities) === '["text"]';
  return sharedWithChat.some((shared) => shared === name);
}
