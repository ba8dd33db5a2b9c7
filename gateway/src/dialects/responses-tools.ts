import { isRecord } from '@ai-gateway/shared/json';
import { markNative, readFunction } from './chat-read.ts';
import { exactly } from './exact-json.ts';
import { lastOfEachName } from './last-of-each-name.ts';
import type { JsonObject, Tool, ToolOrigin } from './neutral.ts';
import { needObject, needString, readList, readObject, readString } from './read-fields.ts';
import { callInput } from './tool-arguments.ts';

/**
 * The tools of a request, and those that items of its input add. OpenAI alone groups tools in namespaces, and alone has tools that
 * take free text: for others each is a function with a name of its own, and its origin tells how the answer names it.
 */
export function readTools(body: JsonObject, native: string[]): Tool[] {
  const read = (value: unknown, at: string): Tool[] =>
    (readList(value, at, 1_000) ?? []).flatMap((item, i) =>
      readTool(needObject(item, `${at}[${i}]`), `${at}[${i}]`, native),
    );
  const tools = read(body.tools, 'tools');
  const added = addedTools(body.input).flatMap((item) => read(item.tools, item.at));
  return lastOfEachName([...tools, ...added]);
}

/** Tools in the input of a conversation: `additional_tools` is an item of its own. */
export function addedTools(input: unknown): { tools: unknown; at: string }[] {
  if (!Array.isArray(input)) return [];
  return (input as unknown[]).flatMap((item, i) =>
    isRecord(item) && item.type === 'additional_tools' ? [{ tools: item.tools, at: `input[${i}].tools` }] : [],
  );
}

function readTool(tool: JsonObject, at: string, native: string[]): Tool[] {
  const type = needString(tool.type, `${at}.type`);
  if (type === 'function') return [readFunction(tool, at)];
  if (type === 'custom') return [readCustom(tool, at, { given: tool })];
  if (type !== 'namespace') return markNative(native, type.slice(0, 60));
  const namespace = needString(tool.name, `${at}.name`);
  const about = readString(tool.description, `${at}.description`);
  return (readList(tool.tools, `${at}.tools`, 1_000) ?? []).map((item, i) => {
    const inner = needObject(item, `${at}.tools[${i}]`);
    const group = { namespace, given: tool };
    if (inner.type === 'custom') return introduced(readCustom(inner, `${at}.tools[${i}]`, group), about);
    const read = readFunction(inner, `${at}.tools[${i}]`);
    const origin = { ...group, name: read.name };
    return introduced({ ...read, name: joinedName(namespace, read.name), origin }, about);
  });
}

/** What a namespace says of all its tools is said with each where there are none. */
function introduced(tool: Tool, about: string | undefined): Tool {
  const description = [about, tool.description].filter((text) => text !== undefined && text !== '').join('\n\n');
  return description === '' ? tool : { ...tool, description };
}

/** The name of a tool in a namespace where there are none. */
export function joinedName(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}__${name}`;
}

/** A tool that takes free text, as a function of one text. */
function readCustom(tool: JsonObject, at: string, group: { namespace?: string; given: JsonObject }): Tool {
  const name = needString(tool.name, `${at}.name`);
  const format = readObject(tool.format, `${at}.format`);
  const rule =
    format?.type === 'grammar'
      ? `It follows this grammar (${readString(format.syntax, `${at}.format.syntax`) ?? 'lark'}):\n${readString(format.definition, `${at}.format.definition`) ?? ''}`
      : undefined;
  const description = readString(tool.description, `${at}.description`);
  return {
    name: joinedName(group.namespace, name),
    ...(description === undefined ? {} : { description }),
    parameters: {
      type: 'object',
      properties: {
        [freeText]: {
          type: 'string',
          description: ['The input of the tool, as it is.', ...(rule === undefined ? [] : [rule])].join(' '),
        },
      },
      required: [freeText],
      additionalProperties: false,
    },
    origin: { ...group, name, isCustom: true },
  };
}

const freeText = 'input';

/** A call of a tool of free text, in an earlier answer. */
export function customArguments(input: string): string {
  return JSON.stringify({ [freeText]: input });
}

/** The free text in the arguments of a call. What a model has written otherwise is handed on as it is. */
export function customInput(args: string): string {
  const { [freeText]: input } = callInput(args);
  return typeof input === 'string' ? input : args;
}

/** The tools of a call as they came: those of one namespace are written together. */
export function writeTools(tools: readonly Tool[]): JsonObject[] {
  const written = new Set<ToolOrigin['given']>();
  return tools.flatMap(({ name, description, parameters, strict, origin }): JsonObject[] => {
    if (origin === undefined)
      return [
        {
          type: 'function',
          name,
          description: description ?? null,
          parameters: exactly(parameters),
          strict: strict ?? null,
        },
      ];
    if (written.has(origin.given)) return [];
    written.add(origin.given);
    return [exactly(origin.given) as JsonObject];
  });
}

export function originOf(tools: readonly Tool[], name: string): ToolOrigin | undefined {
  return tools.find((tool) => tool.name === name)?.origin;
}
