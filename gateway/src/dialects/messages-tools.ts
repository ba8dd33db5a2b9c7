import { isRecord } from '@ai-gateway/shared/json';
import { markNative } from './chat-read.ts';
import { lastOfEachName } from './last-of-each-name.ts';
import type { JsonObject, Tool } from './neutral.ts';
import { needObject, needString, readBoolean, readList, readString, wrong } from './read-fields.ts';

/**
 * The tools a model may call. Anthropic keeps a tool with `defer_loading` out of the model's sight until the conversation loads it: a
 * client's own search answers with a `tool_reference`, or a system turn says `tool_addition`. Nobody else knows that, so a model of
 * another vendor gets exactly those that are loaded.
 */
export function readTools(value: unknown, turns: readonly unknown[], native: string[]): Tool[] {
  const list = (readList(value, 'tools', toolsMax) ?? []).map((item, i) => ({ item, at: `tools[${i}]` }));
  const changes = changesIn(turns);
  const defined = definedTools(turns).map(({ definition, at }) => ({ item: definition, at }));
  const excess = defined[toolsMax - list.length];
  if (excess !== undefined) throw wrong(excess.at, `one of at most ${toolsMax} tools in all`);
  // Anthropic's own search may load any tool within the call.
  const searches = list.some(({ item }) => isRecord(item) && String(item.type).startsWith('tool_search_tool'));
  const loaded = new Map(changes.map(({ name, offered }) => [name, offered]));
  const tools = [...list, ...defined].flatMap(({ item, at }) => {
    const tool = needObject(item, at);
    const isOffered = loaded.get(String(tool.name)) ?? (tool.defer_loading !== true || searches);
    return isOffered ? readTool(tool, at, native) : [];
  });
  return lastOfEachName(tools);
}

const toolsMax = 1_000;

/** Tools that a conversation defines where it adds them. */
export function definedTools(turns: unknown): { definition: JsonObject; at: string }[] {
  return changesIn(turns).flatMap(({ definition, at }) =>
    definition === undefined ? [] : [{ definition, at: `${at}.tool.definition` }],
  );
}

function readTool(tool: JsonObject, at: string, native: string[]): Tool[] {
  const type = readString(tool.type, `${at}.type`);
  if (type !== undefined && type !== 'custom') return markNative(native, type.slice(0, 60));
  const description = withExamples(readString(tool.description, `${at}.description`), tool.input_examples);
  const strict = readBoolean(tool.strict, `${at}.strict`);
  return [
    {
      name: needString(tool.name, `${at}.name`),
      parameters: needObject(tool.input_schema, `${at}.input_schema`),
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict }),
      ...(tool.cache_control === undefined || tool.cache_control === null ? {} : { cacheControl: tool.cache_control }),
    },
  ];
}

/** Anthropic alone has a field for examples of a tool's input: to others the description tells them. */
function withExamples(description: string | undefined, examples: unknown): string | undefined {
  if (!Array.isArray(examples) || examples.length === 0) return description;
  const lines = ['Examples of its input:', ...(examples as unknown[]).map((one) => JSON.stringify(one))].join('\n');
  return description === undefined ? lines : `${description}\n\n${lines}`;
}

export interface ToolChange {
  name: string;
  offered: boolean;
  /** The path of its block in the request. */
  at: string;
  /** Of a tool that is defined where it is added. */
  definition?: JsonObject;
}

/** In the order of the conversation: the last one about a tool counts. */
export function changesIn(content: unknown, within = 'messages'): ToolChange[] {
  if (!Array.isArray(content)) return [];
  return (content as unknown[]).flatMap((block, i): ToolChange[] => {
    if (!isRecord(block)) return [];
    if (kinds.includes(block.type)) return changeBy(block, `${within}[${i}]`);
    return Array.isArray(block.content) ? changesIn(block.content, `${within}[${i}].content`) : [];
  });
}

function changeBy({ type, tool, tool_name: loaded, name }: JsonObject, at: string): ToolChange[] {
  if (type === 'tool_reference') return [{ name: String(loaded), offered: true, at }];
  if (type === 'tool_use') return [{ name: String(name), offered: true, at }];
  if (!isRecord(tool)) return [];
  const { definition } = tool;
  if (isRecord(definition)) return [{ name: String(definition.name), offered: true, definition, at }];
  return typeof tool.name === 'string' ? [{ name: tool.name, offered: type === 'tool_addition', at }] : [];
}

const kinds: readonly unknown[] = ['tool_reference', 'tool_use', 'tool_addition', 'tool_removal'];
