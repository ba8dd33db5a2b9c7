import type { NeutralCall, ReasoningEffort } from '../dialects/neutral.ts';

/** o-series and GPT-5 and later think before they answer, and take no sampling parameters. */
export function isReasoningModel(model: string): boolean {
  return /^(?:ft:)?(o\d|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex)/.test(model);
}

/** They refuse `parallel_tool_calls` altogether. */
export function isOSeries(model: string): boolean {
  return /^(?:ft:)?o\d/.test(model);
}

/** From least to most. */
const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** What a family understands, least and most: GPT-5 came with minimal, 5.1 put none in its place, 5.2 added xhigh. The first that fits. */
const understood: readonly (readonly [RegExp, least: readonly ReasoningEffort[], most: ReasoningEffort])[] = [
  [/^(?:ft:)?(o\d|codex)|^gpt-5(?:\.\d)?-codex/, ['low'], 'high'],
  [/^(?:ft:)?gpt-5(?!\.)/, ['minimal', 'low'], 'high'],
  [/^(?:ft:)?gpt-5\.1/, ['none', 'low'], 'high'],
];
const newest = [/./, ['none', 'low'], 'xhigh'] as const;

/** How hard to think in a word the model knows, or the nearest. A budget in tokens, as Anthropic has it, becomes a word too. */
export function effortFor(reasoning: NeutralCall['reasoning'], model: string): ReasoningEffort | undefined {
  const asked = reasoning?.effort ?? wordFor(reasoning?.budgetTokens);
  if (asked === undefined) return undefined;
  const [, least, most] = understood.find(([pattern]) => pattern.test(model)) ?? newest;
  const rank = (effort: ReasoningEffort): number => efforts.indexOf(effort);
  if (rank(asked) > rank(most)) return most;
  if (rank(asked) >= rank('low')) return asked;
  return least.find((effort) => rank(effort) >= rank(asked));
}

function wordFor(budgetTokens: number | undefined): ReasoningEffort | undefined {
  if (budgetTokens === undefined) return undefined;
  return budgetTokens < 4_096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high';
}
