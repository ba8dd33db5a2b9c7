import type { DialectId, NeutralCall, Tool } from '../dialects/neutral.ts';

/** The caller's name of a parameter, by dialect; the neutral name is used where a dialect has none. */
const names: Partial<Record<keyof NeutralCall, Partial<Record<DialectId, string>>>> = {
  temperature: { chat: 'temperature', responses: 'temperature', messages: 'temperature' },
  topP: { chat: 'top_p', responses: 'top_p', messages: 'top_p' },
  topK: { chat: 'top_k', responses: 'top_k', messages: 'top_k' },
  stop: { chat: 'stop', responses: 'stop', messages: 'stop_sequences' },
  seed: { chat: 'seed' },
  frequencyPenalty: { chat: 'frequency_penalty' },
  presencePenalty: { chat: 'presence_penalty' },
  logprobs: { chat: 'logprobs', responses: 'include' },
  topLogprobs: { chat: 'top_logprobs', responses: 'top_logprobs' },
  choices: { chat: 'n' },
  parallelToolCalls: {
    chat: 'parallel_tool_calls',
    responses: 'parallel_tool_calls',
    messages: 'tool_choice.disable_parallel_tool_use',
  },
  toolChoice: { chat: 'tool_choice', responses: 'tool_choice', messages: 'tool_choice' },
  reasoning: { chat: 'reasoning_effort', responses: 'reasoning', messages: 'thinking' },
  user: { chat: 'user', responses: 'user', messages: 'metadata.user_id' },
  serviceTier: { chat: 'service_tier', responses: 'service_tier', messages: 'service_tier' },
  output: { chat: 'response_format', responses: 'text.format', messages: 'output_config.format' },
};

/** The given fields of the call that are set, in the caller's words; a value that is the default is not missed by anybody. */
export function droppedOf(call: NeutralCall, fields: readonly (keyof NeutralCall)[]): string[] {
  return fields.filter((field) => isSet(call, field)).map((field) => nameOf(call, field));
}

function nameOf(call: NeutralCall, field: keyof NeutralCall): string {
  // Anthropic's callers may ask for an effort without a word of thinking.
  if (field === 'reasoning' && call.dialect === 'messages' && isEffortAlone(call)) return 'output_config.effort';
  return names[field]?.[call.dialect] ?? field;
}

function isEffortAlone({ reasoning }: NeutralCall): boolean {
  return reasoning?.effort !== undefined && reasoning.effort !== 'none' && reasoning.visible !== true;
}

function isSet(call: NeutralCall, field: keyof NeutralCall): boolean {
  const value = call[field];
  // Every provider makes several calls at once unless the request forbids it.
  if (field === 'parallelToolCalls') return value === false;
  if (value === undefined || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (field === 'choices') return value !== 1;
  if (field === 'serviceTier') return value !== 'auto' && value !== 'default';
  if (field === 'topLogprobs') return value !== 0;
  if (field === 'frequencyPenalty' || field === 'presencePenalty') return value !== 0;
  return true;
}

/** `strict` of the given tools of a call, where any has it. */
export function droppedStrict({ dialect }: NeutralCall, tools: readonly Tool[]): string[] {
  if (!tools.some(({ strict }) => strict)) return [];
  return [dialect === 'chat' ? 'tools.function.strict' : 'tools.strict'];
}

/** Unknown fields and features of the caller's own dialect, when the provider speaks another. */
export function droppedExtras(call: NeutralCall): string[] {
  return Object.keys(call.extra);
}
