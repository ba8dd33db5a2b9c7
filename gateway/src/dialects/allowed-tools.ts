import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject, NeutralCall } from './neutral.ts';

/**
 * OpenAI's `allowed_tools`, in the form of either of its dialects. `namesOf` finds no name of a tool that only OpenAI has. Undefined where
 * only OpenAI can honour the list.
 */
export function readAllowedTools(
  { mode, tools }: JsonObject,
  namesOf: (tool: JsonObject) => string[],
): Pick<NeutralCall, 'toolChoice' | 'allowedTools'> | undefined {
  if ((mode !== 'auto' && mode !== 'required') || !Array.isArray(tools) || tools.length === 0) return undefined;
  const names = (tools as unknown[]).map((tool) => (isRecord(tool) ? namesOf(tool) : []));
  return names.some(({ length }) => length === 0)
    ? undefined
    : { toolChoice: { kind: mode }, allowedTools: names.flat() };
}

/** Also the flat form, which some clients send in chat. */
export function namesOfFunction({ type, name, function: fn }: JsonObject): string[] {
  const given = name ?? (isRecord(fn) ? fn.name : undefined);
  return type === 'function' && typeof given === 'string' ? [given] : [];
}
