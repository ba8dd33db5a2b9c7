import { costNanos, type Price } from '../models/price.ts';
import type { Strength } from '../providers/define-provider.ts';

/** The length of an answer where nobody has counted: of small tasks a label or a form, of others a page. */
const meanOutTokens: Readonly<Record<Strength, number>> = { small: 80, strong: 400 };
/** Thinking is answer, too. */
const thinkingFactor = 3;

/**
 * The likely cost of a call at a model, in nano-dollars: its input by the share that the provider has in its cache, and the
 * answer as long as this model's answers are. Models that think are judged by what they emit.
 */
export function expectedNanos(
  price: Price,
  call: {
    inputTokens: number;
    /** Tokens of the input that this model has read before in the session. */
    warmTokens: number;
    outTokensMean: number | undefined;
    class: Strength;
    isThinking: boolean;
    maxTokens: number | undefined;
    choices: number | undefined;
  },
): bigint {
  const usual = meanOutTokens[call.class] * (call.isThinking ? thinkingFactor : 1);
  const out = Math.min(call.outTokensMean ?? usual, call.maxTokens ?? Number.POSITIVE_INFINITY) * (call.choices ?? 1);
  const inputTokens = Math.round(call.inputTokens);
  return costNanos(price, {
    inputTokens,
    cachedTokens: Math.min(inputTokens, Math.round(call.warmTokens)),
    cacheWriteTokens: 0,
    outputTokens: Math.round(out),
    reasoningTokens: 0,
  });
}
