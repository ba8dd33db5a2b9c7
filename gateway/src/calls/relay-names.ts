import { isRecord } from '@ai-gateway/shared/json';
import { writeExact } from '../dialects/exact-json.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { type NameRule, type Renamed, renamed } from '../providers/tool-names.ts';

/** Names of tools in a relayed body that its vendor refuses: a caller who named another model may have them. */
export interface RelayedNames {
  /** The members of the body that hold names, as JSON text, with names the vendor takes. */
  set: Record<string, string>;
  /** Bytes of the answer with the caller's own names. */
  restore(bytes: Buffer): Buffer;
}

/** Undefined, after a look at the names, where every name fits. */
export function relayedNames(call: NeutralCall, json: JsonObject, rule: NameRule): RelayedNames | undefined {
  const names = renamed(call, rule);
  if (names === undefined) return undefined;
  const set: Record<string, string> = {};
  for (const [member, write] of writers) {
    const value = json[member];
    if (value !== undefined && value !== null) set[member] = writeExact(write(value, names.rename));
  }
  return { set, restore: (bytes) => restoreIn(bytes, names) };
}

/** An alias ends in a hash, so the text is it and nothing else; within a text its quotes would be escaped. */
function restoreIn(bytes: Buffer, { aliases }: Renamed): Buffer {
  let text: string | undefined;
  for (const [name, alias] of aliases) {
    if (!bytes.includes(alias)) continue;
    text = (text ?? bytes.toString('utf8')).replaceAll(`"${alias}"`, () => JSON.stringify(name));
  }
  return text === undefined ? bytes : Buffer.from(text);
}

type Rename = (name: string) => string;

const writers: readonly (readonly [member: string, write: (value: unknown, rename: Rename) => unknown])[] = [
  ['tools', renameTool],
  ['functions', renameTool],
  ['tool_choice', renameTool],
  ['function_call', renameTool],
  ['messages', renameMessages],
  ['input', renameItems],
];

/** A tool, a choice of one or a call of one, in any dialect, or a list of them. Schemas and arguments stay as they are. */
function renameTool(value: unknown, rename: Rename): unknown {
  if (Array.isArray(value)) return value.map((one) => renameTool(one, rename));
  if (!isRecord(value)) return value;
  const changed: JsonObject = { ...value };
  if (typeof value.name === 'string') changed.name = rename(value.name);
  for (const inner of ['function', 'allowed_tools', 'tools'])
    if (value[inner] !== undefined) changed[inner] = renameTool(value[inner], rename);
  return changed;
}

function renameMessages(value: unknown, rename: Rename): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((message: unknown) => {
    if (!isRecord(message)) return message;
    const changed: JsonObject = { ...message };
    if (message.role === 'function') return renameTool(message, rename);
    for (const member of ['tool_calls', 'function_call'])
      if (message[member] !== undefined) changed[member] = renameTool(message[member], rename);
    if (Array.isArray(message.content))
      changed.content = message.content.map((block: unknown) =>
        isRecord(block) && block.type === 'tool_use' ? renameTool(block, rename) : block,
      );
    return changed;
  });
}

function renameItems(value: unknown, rename: Rename): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) =>
    isRecord(item) && item.type === 'function_call' ? renameTool(item, rename) : item,
  );
}
