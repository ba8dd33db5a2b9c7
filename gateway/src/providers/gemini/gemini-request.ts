import type { JsonObject, NeutralCall } from '../../dialects/neutral.ts';
import type { Target } from '../adapter.ts';
import { droppedExtras, droppedOf, droppedStrict } from '../dropped.ts';
import { withinCeiling } from '../within-ceiling.ts';
import { geminiContents } from './gemini-contents.ts';
import { type GeminiModel, geminiAnswerCeiling, geminiModel } from './gemini-model.ts';
import { argumentsSchema, geminiSchema } from './gemini-schema.ts';
import { asksToThink, thinkingConfig } from './gemini-thinking.ts';

const stopsMax = 5;

/** A neutral call as a generateContent request, and what of it the model cannot honour. */
export function geminiRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const model = geminiModel(target.model);
  const json = jsonWay(call, model);
  const system = [...systemOf(call), ...(json === 'words' ? [jsonInWords(call)] : [])];
  const config = generationConfig(call, target, model, json);
  const body: JsonObject = {
    contents: geminiContents(call.messages, model),
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map((text) => ({ text })) } }),
    ...toolFields(call, json),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
  };
  return { body, dropped: droppedBy(call, model, json) };
}

function systemOf({ messages }: NeutralCall): string[] {
  return messages
    .flatMap(({ role, parts }) => (role === 'system' ? parts : []))
    .flatMap((part) => (part.kind === 'text' && part.text !== '' ? [part.text] : []));
}

function generationConfig(call: NeutralCall, target: Target, model: GeminiModel, json: JsonWay): JsonObject {
  const stops = stopsOf(call);
  return defined({
    maxOutputTokens: withinCeiling(call.maxTokens, geminiAnswerCeiling(target.model)),
    ...(model.sampling ? { temperature: call.temperature, topP: call.topP, topK: call.topK } : {}),
    ...(model.penaltiesAndLogprobs
      ? {
          frequencyPenalty: call.frequencyPenalty,
          presencePenalty: call.presencePenalty,
          responseLogprobs: call.logprobs || undefined,
          logprobs: call.logprobs ? call.topLogprobs : undefined,
        }
      : {}),
    stopSequences: stops.length === 0 ? undefined : stops.slice(0, stopsMax),
    // An int32 there; any other seed is folded into one, the same one each time.
    seed: call.seed === undefined ? undefined : call.seed | 0,
    thinkingConfig: thinkingConfig(call.reasoning, model.thinking),
    ...(json === 'native' ? formatFields(call) : {}),
  });
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function stopsOf({ stop }: NeutralCall): string[] {
  return stop.filter((text) => text !== '');
}

/**
 * How JSON is asked for. `native`: the model is held to it. `words`: it is an instruction only, since the model takes no tools beside a JSON
 * answer. `needless`: it is made to call a tool, so there is no text to be in any format, and both at once are refused.
 */
type JsonWay = 'none' | 'native' | 'words' | 'needless';

function jsonWay({ output, tools, toolChoice }: NeutralCall, model: GeminiModel): JsonWay {
  if (output.kind === 'text') return 'none';
  if (tools.length === 0 || toolChoice?.kind === 'none') return 'native';
  if (toolChoice?.kind === 'required' || toolChoice?.kind === 'tool') return 'needless';
  return model.jsonWithTools ? 'native' : 'words';
}

function formatFields({ output }: NeutralCall): JsonObject {
  return {
    responseMimeType: 'application/json',
    ...(output.kind === 'json-schema' ? { responseJsonSchema: geminiSchema(output.schema) } : {}),
  };
}

function jsonInWords({ output }: NeutralCall): string {
  const json =
    output.kind === 'json-schema'
      ? `JSON that fits this JSON Schema: ${JSON.stringify(output.schema)}`
      : 'one JSON object and nothing else';
  return `Unless you call a tool, answer without a code fence or words around it, with ${json}`;
}

/** Tools that must not be called are left out where they would keep the model from answering in JSON. */
function toolFields({ tools, toolChoice, allowedTools }: NeutralCall, json: JsonWay): JsonObject {
  if (tools.length === 0 || (toolChoice?.kind === 'none' && json === 'native')) return {};
  const functionDeclarations = tools.map(({ name, description, parameters }) =>
    defined({ name, description, parametersJsonSchema: argumentsSchema(parameters) }),
  );
  if (toolChoice === undefined) return { tools: [{ functionDeclarations }] };
  const functionCallingConfig =
    toolChoice.kind === 'required' && allowedTools !== undefined
      ? { mode: 'ANY', allowedFunctionNames: allowedTools }
      : toolChoice.kind === 'tool'
        ? { mode: 'ANY', allowedFunctionNames: [toolChoice.name] }
        : { mode: { auto: 'AUTO', none: 'NONE', required: 'ANY' }[toolChoice.kind] };
  return { tools: [{ functionDeclarations }], toolConfig: { functionCallingConfig } };
}

function droppedBy(call: NeutralCall, model: GeminiModel, json: JsonWay): string[] {
  const cannotThink = model.thinking.kind === 'none' && call.reasoning !== undefined && asksToThink(call.reasoning);
  return [
    ...(call.tools.length === 0 ? [] : droppedOf(call, ['parallelToolCalls'])),
    // Where a call is forced Gemini keeps to the schemas of tools, elsewhere as well as it can.
    ...((call.toolChoice?.kind ?? 'auto') === 'auto' ? droppedStrict(call, call.tools) : []),
    ...droppedOf(call, ['choices', 'user', 'serviceTier']),
    ...(model.sampling ? [] : droppedOf(call, ['temperature', 'topP', 'topK'])),
    ...(model.penaltiesAndLogprobs
      ? []
      : droppedOf(call, ['frequencyPenalty', 'presencePenalty', 'logprobs', 'topLogprobs'])),
    ...(stopsOf(call).length > stopsMax ? droppedOf(call, ['stop']) : []),
    ...(cannotThink ? droppedOf(call, ['reasoning']) : []),
    ...(json === 'words' ? droppedOf(call, ['output']) : []),
    ...droppedExtras(call),
  ];
}
