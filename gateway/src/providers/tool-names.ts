import { createHash } from 'node:crypto';
import type { NeutralCall, Part } from '../dialects/neutral.ts';

/** A vendor's rule for names of tools. */
export interface NameRule {
  pattern: RegExp;
  lengthMax: number;
}

/** OpenAI: "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64." */
export const openAiNames: NameRule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, lengthMax: 64 };
/** Anthropic: "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'". */
export const anthropicNames: NameRule = { pattern: /^[a-zA-Z0-9_-]{1,128}$/, lengthMax: 128 };
/**
 * Gemini: "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_),
 * dots (.) or dashes (-), with a maximum length of 64."
 */
export const geminiNames: NameRule = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.-]{0,63}$/, lengthMax: 64 };

export interface Renamed {
  call: NeutralCall;
  /** The vendor's name of each of the caller's that it would refuse. */
  aliases: ReadonlyMap<string, string>;
  rename: (name: string) => string;
  /** The caller's name of a tool the model has called. */
  restore: (name: string) => string;
}

/**
 * The call with names its vendor takes: of those it would refuse, what it takes and a hash that tells them apart, the same in
 * each turn. Undefined where every name fits.
 */
export function renamed(call: NeutralCall, rule: NameRule): Renamed | undefined {
  if (allFit(call, rule)) return undefined;
  const names = namesOf(call);
  const aliases = new Map<string, string>();
  const taken = new Set(names);
  for (const name of names) {
    if (rule.pattern.test(name)) continue;
    const alias = aliasOf(name, rule, taken);
    aliases.set(name, alias);
    taken.add(alias);
  }
  const rename = (name: string): string => aliases.get(name) ?? name;
  const originals = new Map([...aliases].map(([name, alias]) => [alias, name]));
  return { call: withNames(call, rename), aliases, rename, restore: (name) => originals.get(name) ?? name };
}

/** Asked of every call: a look at each name, and nothing made. */
function allFit({ tools, toolChoice, messages }: NeutralCall, { pattern }: NameRule): boolean {
  for (const { name } of tools) if (!pattern.test(name)) return false;
  if (toolChoice?.kind === 'tool' && !pattern.test(toolChoice.name)) return false;
  for (const { role, parts } of messages) {
    if (role !== 'assistant') continue;
    for (const part of parts) if (part.kind === 'tool-call' && !pattern.test(part.name)) return false;
  }
  return true;
}

function namesOf({ tools, toolChoice, allowedTools, messages }: NeutralCall): Set<string> {
  const names = new Set(tools.map(({ name }) => name));
  if (toolChoice?.kind === 'tool') names.add(toolChoice.name);
  for (const name of allowedTools ?? []) names.add(name);
  for (const { parts } of messages) for (const part of parts) if (part.kind === 'tool-call') names.add(part.name);
  return names;
}

function aliasOf(name: string, { lengthMax }: NameRule, taken: ReadonlySet<string>): string {
  const readable = name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^(?![a-zA-Z_])/, '_');
  for (let round = 0; ; round++) {
    const hash = createHash('sha256')
      .update(`${round === 0 ? '' : round}${name}`)
      .digest('hex')
      .slice(0, 10);
    const alias = `${readable.slice(0, lengthMax - 11)}_${hash}`;
    if (!taken.has(alias)) return alias;
  }
}

function withNames(call: NeutralCall, rename: (name: string) => string): NeutralCall {
  const { toolChoice, allowedTools } = call;
  const renamePart = (part: Part): Part => (part.kind === 'tool-call' ? { ...part, name: rename(part.name) } : part);
  return {
    ...call,
    tools: call.tools.map((tool) => ({ ...tool, name: rename(tool.name) })),
    messages: call.messages.map((message) => ({ ...message, parts: message.parts.map(renamePart) })),
    ...(toolChoice?.kind === 'tool' ? { toolChoice: { ...toolChoice, name: rename(toolChoice.name) } } : {}),
    ...(allowedTools === undefined ? {} : { allowedTools: allowedTools.map(rename) }),
  };
}
