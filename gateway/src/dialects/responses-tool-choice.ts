import { readAllowedTools } from './allowed-tools.ts';
import { markNative } from './chat-read.ts';
import type { JsonObject, NeutralCall, Tool } from './neutral.ts';
import { needObject, needString, wrong } from './read-fields.ts';
import { originOf } from './responses-tools.ts';

type Choice = Pick<NeutralCall, 'toolChoice' | 'allowedTools'>;

/** `tools`: a choice names a tool as its definition does, and the gateway may have given that tool another name. */
export function readToolChoice(value: unknown, tools: readonly Tool[], native: string[]): Choice {
  if (value === undefined || value === null) return {};
  if (value === 'auto' || value === 'none' || value === 'required') return { toolChoice: { kind: value } };
  if (typeof value === 'string') throw wrong('tool_choice', 'auto, none, required, or a tool to call');
  const choice = needObject(value, 'tool_choice');
  const type = needString(choice.type, 'tool_choice.type');
  if (type === 'function' || type === 'custom') {
    const name = needString(choice.name, 'tool_choice.name');
    return { toolChoice: { kind: 'tool', name: namesOf(name, tools)[0] ?? name } };
  }
  const allowed = type === 'allowed_tools' ? readAllowedTools(choice, (tool) => allowedNames(tool, tools)) : undefined;
  if (allowed !== undefined) return allowed;
  markNative(native, 'tool_choice');
  return {};
}

function allowedNames({ type, name }: JsonObject, tools: readonly Tool[]): string[] {
  return (type === 'function' || type === 'custom') && typeof name === 'string' ? namesOf(name, tools) : [];
}

/** A bare name means the tool that has it, and without one each tool of that name in a namespace. */
function namesOf(name: string, tools: readonly Tool[]): string[] {
  if (tools.some((tool) => tool.name === name)) return [name];
  const inner = tools.filter(({ origin }) => origin?.name === name);
  return inner.length === 0 ? [name] : inner.map((tool) => tool.name);
}

/** The choice under the names that the caller has given. */
export function writeToolChoice({ toolChoice, allowedTools, tools }: NeutralCall): unknown {
  if (toolChoice === undefined) return 'auto';
  const write = (name: string): JsonObject => {
    const origin = originOf(tools, name);
    return { type: origin?.isCustom ? 'custom' : 'function', name: origin?.name ?? name };
  };
  if (allowedTools !== undefined)
    return { type: 'allowed_tools', mode: toolChoice.kind, tools: allowedTools.map(write) };
  return toolChoice.kind === 'tool' ? write(toolChoice.name) : toolChoice.kind;
}
