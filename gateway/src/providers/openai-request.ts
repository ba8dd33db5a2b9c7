import type { JsonObject, Message, NeutralCall, Part, Tool, ToolCallPart } from '../dialects/neutral.ts';
import type { Target } from './adapter.ts';
import { droppedExtras, droppedOf } from './dropped.ts';

/** A neutral call as an OpenAI chat completion request, and what of it the model cannot honour. */
export function chatRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const reasons = target.kind === 'openai' && isReasoningModel(target.model);
  const body: JsonObject = {
    model: target.model,
    messages: call.messages.flatMap(writeMessage),
    ...(call.tools.length === 0 ? {} : { tools: call.tools.map(writeTool) }),
    ...toolChoice(call),
    ...outputFormat(call),
    // Compatible servers know the older name; OpenAI's reasoning models know only the newer.
    ...(call.maxTokens === undefined
      ? {}
      : { [target.kind === 'openai' ? 'max_completion_tokens' : 'max_tokens']: call.maxTokens }),
    ...(reasons
      ? {}
      : defined({
          temperature: call.temperature,
          top_p: call.topP,
          frequency_penalty: call.frequencyPenalty,
          presence_penalty: call.presencePenalty,
          logprobs: call.logprobs,
          top_logprobs: call.topLogprobs,
        })),
    ...(call.stop.length === 0 || reasons ? {} : { stop: call.stop.slice(0, 4) }),
    ...defined({
      seed: call.seed,
      user: call.user,
      service_tier: openAiTier(call.serviceTier),
      reasoning_effort: effortFor(call, target.model, reasons),
    }),
    ...(call.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return { body, dropped: droppedBy(call, reasons) };
}

function droppedBy(call: NeutralCall, reasons: boolean): string[] {
  const dropped = [
    ...droppedOf(call, ['topK', 'choices']),
    ...(reasons
      ? droppedOf(call, [
          'temperature',
          'topP',
          'frequencyPenalty',
          'presencePenalty',
          'logprobs',
          'topLogprobs',
          'stop',
        ])
      : droppedOf(call, call.reasoning?.effort === 'none' ? [] : ['reasoning'])),
    ...(openAiTier(call.serviceTier) === undefined ? droppedOf(call, ['serviceTier']) : []),
    ...(call.dialect === 'chat' ? [] : droppedExtras(call)),
  ];
  return [...dropped, ...(call.stop.length > 4 ? droppedOf(call, ['stop']) : [])];
}

/** o-series and GPT-5 and later think before they answer, and take no sampling parameters. */
export function isReasoningModel(model: string): boolean {
  return /^(?:ft:)?(o\d|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex)/.test(model);
}

function openAiTier(tier: string | undefined): string | undefined {
  return tier === 'auto' || tier === 'default' || tier === 'flex' || tier === 'priority' ? tier : undefined;
}

/** A budget in tokens, as Anthropic has it, becomes the nearest word. */
function effortFor(call: NeutralCall, model: string, reasons: boolean): string | undefined {
  if (!reasons || call.reasoning === undefined) return undefined;
  const { effort, budgetTokens } = call.reasoning;
  // The o-series knows low, medium and high; GPT-5 came with minimal, 5.1 with none.
  const oSeries = /^(?:ft:)?o\d/.test(model);
  if (effort === 'none' || effort === 'minimal') return oSeries ? 'low' : effort;
  if (effort !== undefined) return effort === 'max' ? 'high' : effort;
  if (budgetTokens === undefined) return undefined;
  return budgetTokens < 4_096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high';
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function writeMessage(message: Message): JsonObject[] {
  const named = message.name === undefined ? {} : { name: message.name };
  if (message.role === 'tool') return writeResults(message.parts);
  if (message.role === 'assistant') return [{ role: 'assistant', ...assistantFields(message.parts), ...named }];
  if (message.role === 'system') return [{ role: 'system', content: plainText(message.parts), ...named }];
  // A user's turn may hold tool results (Anthropic) beside words: results come first, each a message of its own.
  const results = writeResults(message.parts);
  const rest = message.parts.filter((part) => part.kind !== 'tool-result');
  return rest.length === 0 && results.length > 0
    ? results
    : [...results, { role: 'user', content: userContent(rest), ...named }];
}

function plainText(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n');
}

function userContent(parts: readonly Part[]): string | JsonObject[] {
  const [only] = parts;
  if (parts.length === 0) return '';
  if (parts.length === 1 && only?.kind === 'text') return only.text;
  return parts.flatMap((part): JsonObject[] => {
    if (part.kind === 'text' || part.kind === 'refusal') return [{ type: 'text', text: part.text }];
    if (part.kind === 'image') {
      const url =
        part.source.kind === 'url' ? part.source.url : `data:${part.source.mediaType};base64,${part.source.data}`;
      return [{ type: 'image_url', image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) } }];
    }
    if (part.kind === 'file') {
      return [
        {
          type: 'file',
          file: { filename: part.filename ?? 'document.pdf', file_data: `data:${part.mediaType};base64,${part.data}` },
        },
      ];
    }
    return [];
  });
}

/** Reasoning is left out: chat completions take none back. */
function assistantFields(parts: readonly Part[]): JsonObject {
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
  const refusal = parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : [])).join('');
  const calls = parts.filter((part): part is ToolCallPart => part.kind === 'tool-call');
  return {
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ id, name, arguments: args }) => ({
            id,
            type: 'function',
            function: { name, arguments: args },
          })),
        }),
  };
}

/** Tool messages are text, and nothing may stand between them: pictures tools returned follow as one message of the user's. */
function writeResults(parts: readonly Part[]): JsonObject[] {
  const results = parts.flatMap((part) => (part.kind === 'tool-result' ? [part] : []));
  const pictures = results.flatMap(({ content }) => content.filter(({ kind }) => kind === 'image'));
  return [
    ...results.map(({ toolCallId, content, isError }) => {
      const text = content.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : [])).join('\n');
      return { role: 'tool', tool_call_id: toolCallId, content: isError ? `Error: ${text}` : text };
    }),
    ...(pictures.length === 0 ? [] : [{ role: 'user', content: userContent(pictures) }]),
  ];
}

function writeTool({ name, description, parameters, strict }: Tool): JsonObject {
  return { type: 'function', function: defined({ name, description, parameters, strict }) };
}

function toolChoice(call: NeutralCall): JsonObject {
  if (call.tools.length === 0) return {};
  const parallel = call.parallelToolCalls === undefined ? {} : { parallel_tool_calls: call.parallelToolCalls };
  if (call.toolChoice === undefined) return parallel;
  const choice =
    call.toolChoice.kind === 'tool'
      ? { type: 'function', function: { name: call.toolChoice.name } }
      : call.toolChoice.kind;
  return { ...parallel, tool_choice: choice };
}

function outputFormat({ output }: NeutralCall): JsonObject {
  if (output.kind === 'text') return {};
  if (output.kind === 'json') return { response_format: { type: 'json_object' } };
  const { name, schema, strict, description } = output;
  return { response_format: { type: 'json_schema', json_schema: defined({ name, schema, strict, description }) } };
}
