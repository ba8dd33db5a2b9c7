import type { AnswerContent } from '../dialects/answer-content.ts';
import { fitsSchema } from '../dialects/fits-schema.ts';
import type { NeutralCall, Usage } from '../dialects/neutral.ts';

/** The judgement of a program on an answer. Undefined where the call did not ask for it. */
export interface AnswerChecks {
  /** An answer that had to be JSON parses, and fits its schema. */
  jsonOk?: boolean | undefined;
  /** The tools that it calls are those of the call, and their arguments fit their schemas. */
  toolOk?: boolean | undefined;
}

/** Does anything of the answer to this call get checked? Most calls ask for free text, and pay nothing for it. */
export function isChecked({ tools, output }: Pick<NeutralCall, 'tools' | 'output'>): boolean {
  return tools.length > 0 || output.kind !== 'text';
}

export function checkAnswer(
  { tools, output }: Pick<NeutralCall, 'tools' | 'output'>,
  { text, toolCalls }: AnswerContent,
): AnswerChecks {
  if (toolCalls.length > 0) {
    const fits = toolCalls.every(({ name, arguments: given }) => {
      const tool = tools.find((one) => one.name === name);
      const read = parsed(given.trim() === '' ? '{}' : given);
      return tool !== undefined && read !== undefined && fitsSchema(read.value, tool.parameters);
    });
    return { toolOk: fits };
  }
  return output.kind === 'text' ? nothing : { jsonOk: isJson(text, output) };
}

/**
 * The same of the text of a stream. Thoughts and the arguments of tools may stand in it too: where there are some, a text that is no JSON
 * says nothing.
 */
export function checkStreamed(
  { tools, output }: Pick<NeutralCall, 'tools' | 'output'>,
  { text, usage }: { text: string; usage: Usage | undefined },
): AnswerChecks {
  if (output.kind === 'text') return nothing;
  const isOk = isJson(text, output);
  return isOk || (tools.length === 0 && usage?.reasoningTokens === 0) ? { jsonOk: isOk } : nothing;
}

const nothing: AnswerChecks = {};

function isJson(text: string, output: NeutralCall['output']): boolean {
  const read = parsed(text);
  return read !== undefined && (output.kind !== 'json-schema' || fitsSchema(read.value, output.schema));
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
