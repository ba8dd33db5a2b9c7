import type { AnswerPart, DialectId, JsonObject } from './neutral.ts';

/** The words of an answer and the tools it calls, without thoughts and refusals. */
export interface AnswerContent {
  text: string;
  /** In the order the model made them; `arguments` as the model wrote them. */
  toolCalls: readonly { name: string; arguments: string }[];
}

/** Reads them off the plain body of an answer in a dialect. Of several choices only the first counts. */
export function contentOf(dialect: DialectId, body: JsonObject): AnswerContent {
  if (dialect === 'chat') return chatContent(objectIn(listOf(body.choices)[0]).message);
  if (dialect === 'messages') return messagesContent(body.content);
  return responsesContent(body.output);
}

export function contentOfParts(parts: readonly AnswerPart[]): AnswerContent {
  return {
    text: parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
    toolCalls: parts.flatMap((part) =>
      part.kind === 'tool-call' ? [{ name: part.name, arguments: part.arguments }] : [],
    ),
  };
}

function chatContent(message: unknown): AnswerContent {
  const { content, tool_calls } = objectIn(message);
  return {
    text: typeof content === 'string' ? content : textsIn(content),
    toolCalls: listOf(tool_calls).map((call) => callIn(objectIn(call).function)),
  };
}

function messagesContent(content: unknown): AnswerContent {
  return {
    text: textsIn(content),
    toolCalls: listOf(content).flatMap((block) => {
      const { type, name, input } = objectIn(block);
      return type === 'tool_use' ? [{ name: textOf(name), arguments: JSON.stringify(input ?? {}) }] : [];
    }),
  };
}

function responsesContent(output: unknown): AnswerContent {
  const items = listOf(output).map(objectIn);
  return {
    text: items.map(({ type, content }) => (type === 'message' ? textsIn(content) : '')).join(''),
    toolCalls: items.filter(({ type }) => type === 'function_call').map(callIn),
  };
}

function callIn(value: unknown): { name: string; arguments: string } {
  const { name, arguments: given } = objectIn(value);
  return { name: textOf(name), arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}) };
}

/** The texts of a list of blocks; thoughts and refusals have fields of their own. */
function textsIn(blocks: unknown): string {
  return listOf(blocks)
    .map((block) => textOf(objectIn(block).text))
    .join('');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectIn(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
