import type { JsonObject, NeutralCall, ReasoningEffort } from '../../dialects/neutral.ts';
import type { Thinking } from './gemini-model.ts';

type Reasoning = NonNullable<NeutralCall['reasoning']>;

/** Google's own table for OpenAI's words (https://ai.google.dev/gemini-api/docs/openai#thinking); beyond `high` the model's most. */
const budgets: Record<ReasoningEffort, number> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: Number.POSITIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
};

/** `thinkingConfig`, or undefined where nothing is asked for or the model does not think. */
export function thinkingConfig(reasoning: Reasoning | undefined, thinking: Thinking): JsonObject | undefined {
  if (reasoning === undefined || thinking.kind === 'none') return undefined;
  const config = {
    ...(reasoning.visible ? { includeThoughts: true } : {}),
    ...(thinking.kind === 'budget' ? budgetOf(reasoning, thinking) : levelOf(reasoning, thinking)),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** Asks for more than silence: what a model that does not think cannot give. */
export function asksToThink({ effort, budgetTokens, visible }: Reasoning): boolean {
  return effort === undefined ? budgetTokens !== undefined || visible === true : effort !== 'none';
}

function budgetOf(
  { effort, budgetTokens }: Reasoning,
  { least, floor, most }: Extract<Thinking, { kind: 'budget' }>,
): JsonObject {
  const wanted = budgetTokens ?? (effort === undefined ? undefined : budgets[effort]);
  if (wanted === undefined) return {};
  return { thinkingBudget: wanted <= 0 ? least : Math.min(Math.max(wanted, floor), most) };
}

/** A request may not hold a level and a budget, so a budget in tokens becomes the nearest level. */
function levelOf(
  { effort, budgetTokens }: Reasoning,
  { lowest, middle }: Extract<Thinking, { kind: 'level' }>,
): JsonObject {
  const wanted = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens));
  switch (wanted) {
    case undefined:
      return {};
    case 'none':
    case 'minimal':
      return { thinkingLevel: lowest };
    case 'low':
      return { thinkingLevel: 'LOW' };
    case 'medium':
      return { thinkingLevel: middle };
    case 'high':
    case 'xhigh':
    case 'max':
      return { thinkingLevel: 'HIGH' };
  }
}

function effortOf(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= 0) return 'none';
  return budgetTokens <= 4_096 ? 'low' : budgetTokens <= 16_384 ? 'medium' : 'high';
}
