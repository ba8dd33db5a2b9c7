import type { ProviderKind } from '../dialects/neutral.ts';
import { claudeModel, isClaude } from '../providers/anthropic/anthropic-model.ts';

/**
 * The most tokens a model answers when nobody sets a ceiling, or undefined where nobody knows. By hand, from the vendors'
 * pages of models: OpenAI refuses a ceiling above its own, so what is written into a request must not pass it.
 */
export function answerCeiling(kind: ProviderKind, model: string): number | undefined {
  switch (kind) {
    case 'openai':
      return openaiCeilings.find(([pattern]) => pattern.test(model))?.[1];
    case 'anthropic': {
      const { answerTokensMax } = claudeModel(model);
      return Number.isFinite(answerTokensMax) ? answerTokensMax : undefined;
    }
    case 'gemini':
      return /gemini-(1|2\.0)|^gemini-pro(-vision)?$|^gemma-[123]/.test(model) ? 8_192 : 65_536;
    case 'sandbox':
      return answerCeiling(vendorOf(model), model);
    default:
      return undefined;
  }
}

/** The sandbox answers for every model at that model's price. */
function vendorOf(model: string): ProviderKind {
  if (isClaude(model)) return 'anthropic';
  return model.includes('gemini') ? 'gemini' : 'openai';
}

/** More than a model can answer is a 400 at OpenAI and Google; where nobody knows what that is, it is what the caller says. */
export function withinCeiling(
  maxTokens: number | undefined,
  { kind, model }: { kind: ProviderKind; model: string },
): number | undefined {
  const most = answerCeiling(kind, model);
  return maxTokens === undefined || most === undefined ? maxTokens : Math.min(maxTokens, most);
}

/** The first that fits. */
const openaiCeilings: readonly (readonly [RegExp, number])[] = [
  [/^gpt-3\.5/, 4_096],
  [/^gpt-4o-2024-05-13/, 4_096],
  [/^(chatgpt-4o|gpt-4o|gpt-4\.5|gpt-5[\d.]*-chat)/, 16_384],
  [/^gpt-4\.1/, 32_768],
  [/^gpt-4-(turbo|0125|1106|vision|preview)/, 4_096],
  [/^gpt-4/, 8_192],
  [/^o1-preview/, 32_768],
  [/^o1-mini/, 65_536],
  [/^o\d/, 100_000],
  [/^gpt-[5-9]/, 128_000],
];
