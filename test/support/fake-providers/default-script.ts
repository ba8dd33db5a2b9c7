import type { Asked } from './asked.ts';
import { isJson, parseJson } from './json.ts';
import { sampleJson } from './sample-json.ts';
import type { Script, ScriptedToolCall } from './script.ts';

/** What a fake says when nobody told it what to say: the same to the same request, always. */
export function defaultScript(asked: Asked): Script {
  const toolCalls = callsOf(asked);
  const reasoning = asked.reasons ? { reasoning: `Thinking about: ${asked.prompt}` } : {};
  if (toolCalls.length > 0) return { toolCalls, ...reasoning };
  if (asked.outputSchema !== undefined)
    return { text: JSON.stringify(sampleJson({ type: 'object', ...asked.outputSchema })), ...reasoning };
  if (asked.toolResults.length > 0) return { text: `The tools said: ${asked.toolResults.join(' | ')}`, ...reasoning };
  return { text: `You said: ${asked.prompt}`, ...reasoning };
}

function callsOf(asked: Asked): ScriptedToolCall[] {
  if (asked.tools.length === 0 || !asked.mayCall) return [];
  const { mustCall } = asked;
  // A tool that is not forced is called once: its result is on the table now.
  const wanted = mustCall === undefined && asked.toolResults.length > 0 ? [] : wantedCalls(asked);
  const allowed =
    mustCall === undefined || mustCall === 'any' ? wanted : wanted.filter(({ name }) => name === mustCall.name);
  if (allowed.length > 0) return asked.parallelCalls ? allowed : allowed.slice(0, 1);
  if (mustCall === undefined) return [];
  const tool = asked.tools.find(({ name }) => mustCall === 'any' || name === mustCall.name);
  if (tool === undefined) return [];
  const sample = sampleJson({ type: 'object', ...tool.schema });
  return [{ name: tool.name, arguments: isJson(sample) ? sample : {} }];
}

/** "use tool NAME {json}", as often as it is said. */
function wantedCalls({ prompt, tools }: Asked): ScriptedToolCall[] {
  if (!prompt.includes('use tool ')) return [];
  return [...prompt.matchAll(/use tool ([\w.:-]+)\s*/g)].flatMap((match) => {
    const name = match[1] ?? '';
    if (!tools.some((tool) => tool.name === name)) return [];
    const given = parseJson(firstObject(prompt.slice(match.index + match[0].length)));
    return [{ name, arguments: isJson(given) ? given : {} }];
  });
}

/** The text up to the brace that closes the first one. Braces inside strings do not count. */
function firstObject(text: string): string {
  if (!text.startsWith('{')) return '';
  let depth = 0;
  for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token[0] === '{') depth += 1;
    if (token[0] === '}') depth -= 1;
    if (depth === 0) return text.slice(0, token.index + 1);
  }
  return '';
}
