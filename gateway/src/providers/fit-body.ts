import type { NeutralCall } from '../dialects/neutral.ts';
import { fitClaude } from './anthropic/fit-claude.ts';
import type { Fit, FitOptions } from './fitting.ts';
import { fitOpenAi } from './openai/fit-openai.ts';

/**
 * Fits a relayed body to the model that gets it, by the tables translation uses too (`openai-model`, `anthropic-model`).
 * Undefined, after a look at a few top-level members, where nothing needs to change. What a model of another kind takes nobody
 * knows: its body stays as it came.
 */
export function fitBody(options: FitOptions): Fit | undefined {
  switch (options.kind) {
    case 'openai':
      return fitOpenAi(options);
    case 'anthropic':
      return fitClaude(options);
    case 'openai-compatible':
      return fitCompatible(options);
    default:
      return undefined;
  }
}

/** Other servers know the older name of the ceiling. Who chose one of them knows what it takes; who falls back on it does not. */
function fitCompatible({ model, json, call }: FitOptions): Fit | undefined {
  if (call.dialect !== 'chat' || isAskedFor(call, model)) return undefined;
  const { max_completion_tokens: newer, max_tokens: older } = json;
  if (typeof newer !== 'number' || typeof older === 'number') return undefined;
  return { set: { max_tokens: String(newer) }, remove: ['max_completion_tokens'], dropped: [] };
}

function isAskedFor(call: NeutralCall, model: string): boolean {
  return call.model === model || call.model.endsWith(`/${model}`);
}
