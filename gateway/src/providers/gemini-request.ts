import type { JsonObject, Message, NeutralCall, Part, ReasoningEffort, ToolCallPart } from '../dialects/neutral.ts';
import type { Target } from './adapter.ts';
import { droppedExtras, droppedOf } from './dropped.ts';
import { asObject, parseObject } from './openai-answer.ts';

/** Google's documented stand-in for the signature of a call that some other model made. */
const noSignature = 'skip_thought_signature_validator';
const stopsMax = 5;

export function geminiRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const system = call.messages
    .flatMap(({ role, parts }) => (role === 'system' ? parts : []))
    .flatMap((part) => (part.kind === 'text' && part.text !== '' ? [{ text: part.text }] : []));
  const thinking = thinkingOf(call, target.model);
  const body: JsonObject = {
    contents: writeContents(call.messages, target.model),
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    ...toolFields(call),
    generationConfig: defined({
      maxOutputTokens: call.maxTokens,
      temperature: call.temperature,
      topP: call.topP,
      topK: call.topK,
      stopSequences: call.stop.length === 0 ? undefined : call.stop.slice(0, stopsMax),
      seed: call.seed,
      frequencyPenalty: call.frequencyPenalty,
      presencePenalty: call.presencePenalty,
      thinkingConfig: thinking,
      ...formatOf(call),
    }),
  };
  const dropped = [
    ...droppedOf(call, ['logprobs', 'topLogprobs', 'choices', 'user', 'serviceTier']),
    ...(thinking === undefined && call.reasoning?.effort !== 'none' && call.reasoning !== undefined
      ? droppedOf(call, ['reasoning'])
      : []),
    ...(call.stop.length > stopsMax ? droppedOf(call, ['stop']) : []),
    ...droppedExtras(call),
  ];
  return { body, dropped };
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function formatOf({ output }: NeutralCall): JsonObject {
  if (output.kind === 'text') return {};
  return {
    responseMimeType: 'application/json',
    ...(output.kind === 'json' ? {} : { responseJsonSchema: output.schema }),
  };
}

const budgets: Record<ReasoningEffort, number> = {
  none: 0,
  minimal: 512,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** Gemini 2.5 takes a budget in tokens, Gemini 3 a level; what came before does not think. */
function thinkingOf({ reasoning }: NeutralCall, model: string): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens } = reasoning;
  const shown = reasoning.visible ? { includeThoughts: true } : {};
  if (/gemini-2\.5/.test(model)) {
    // The Pro model cannot be told not to think; 128 is the least it takes.
    const least = /pro/.test(model) ? 128 : 0;
    const budget = budgetTokens ?? (effort === undefined ? undefined : Math.max(least, budgets[effort]));
    return { ...shown, ...(budget === undefined ? {} : { thinkingBudget: Math.min(budget, 24_576) }) };
  }
  if (!/gemini-([3-9]|\d\d)/.test(model)) return undefined;
  const tokens = budgetTokens ?? (effort === undefined ? undefined : budgets[effort]);
  return { ...shown, ...(tokens === undefined ? {} : { thinkingLevel: tokens <= 4_096 ? 'low' : 'high' }) };
}

/** Turns of user and model in alternation; a turn of results answers the calls of the turn before. */
function writeContents(messages: readonly Message[], model: string): JsonObject[] {
  const names = new Map(
    messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.kind === 'tool-call' ? [[part.id, part.name] as const] : [])),
    ),
  );
  const turns: { role: 'user' | 'model'; parts: JsonObject[] }[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'model' : 'user';
    const parts = writeParts(message.parts, names, model);
    if (parts.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts });
  }
  if (turns.length === 0) turns.push({ role: 'user', parts: [{ text: '.' }] });
  return turns;
}

function writeParts(parts: readonly Part[], names: ReadonlyMap<string, string>, model: string): JsonObject[] {
  let calls = 0;
  return parts.flatMap((part): JsonObject[] => {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        return part.text === '' ? [] : [{ text: part.text }];
      case 'image':
        if (part.source.kind === 'data')
          return [{ inlineData: { mimeType: part.source.mediaType, data: part.source.data } }];
        return [{ fileData: { fileUri: part.source.url, mimeType: imageType(part.source.url) } }];
      case 'file':
        return [{ inlineData: { mimeType: part.mediaType, data: part.data } }];
      case 'reasoning':
        if (part.signedBy !== 'gemini' || part.signature === undefined) return [];
        return [{ text: part.text, thought: true, thoughtSignature: part.signature }];
      case 'tool-call':
        return [writeCall(part, calls++ === 0, model)];
      case 'tool-result':
        return [
          {
            functionResponse: {
              id: part.toolCallId,
              name: names.get(part.toolCallId) ?? part.toolCallId.replace(/^call_/, ''),
              response: resultOf(part),
            },
          },
        ];
    }
  });
}

/** Of the calls of one turn only the first carries a signature; Gemini 3 refuses it without. */
function writeCall(part: ToolCallPart, isFirst: boolean, model: string): JsonObject {
  const signature = part.signature ?? (isFirst && /gemini-([3-9]|\d\d)/.test(model) ? noSignature : undefined);
  return {
    functionCall: { id: part.id, name: part.name, args: parseObject(part.arguments) ?? { arguments: part.arguments } },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** A result is an object; what is none is wrapped in one. */
function resultOf(part: Extract<Part, { kind: 'tool-result' }>): JsonObject {
  const text = part.content.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : [])).join('\n');
  if (part.isError) return { error: text };
  return asObject(parseObject(text)) ?? { result: text };
}

function imageType(url: string): string {
  const ending = /\.(png|jpe?g|webp|gif|heic|heif)(?:$|[?#])/i.exec(url)?.[1]?.toLowerCase();
  return `image/${ending === undefined || ending === 'jpg' ? 'jpeg' : ending}`;
}

function toolFields(call: NeutralCall): JsonObject {
  if (call.tools.length === 0) return {};
  const functionDeclarations = call.tools.map(({ name, description, parameters }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    // Takes JSON Schema as it is; the older `parameters` refuses most of its keywords.
    parametersJsonSchema: parameters,
  }));
  const mode =
    call.toolChoice === undefined
      ? undefined
      : { auto: 'AUTO', none: 'NONE', required: 'ANY', tool: 'ANY' }[call.toolChoice.kind];
  const named = call.toolChoice?.kind === 'tool' ? { allowedFunctionNames: [call.toolChoice.name] } : {};
  return {
    tools: [{ functionDeclarations }],
    ...(mode === undefined ? {} : { toolConfig: { functionCallingConfig: { mode, ...named } } }),
  };
}
