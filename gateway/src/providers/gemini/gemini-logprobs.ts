import type { JsonObject } from '../../dialects/neutral.ts';
import { asArray, asObject, asText } from '../read-json.ts';

/** Gemini's `logprobsResult` as OpenAI's `logprobs` of a choice; undefined where there is none. */
export function readLogprobs(value: unknown): JsonObject | undefined {
  const result = asObject(value);
  const chosen = asArray(result?.chosenCandidates);
  if (chosen === undefined) return undefined;
  const steps = asArray(result?.topCandidates) ?? [];
  const content = chosen.map((token, i) => ({
    ...readToken(token),
    top_logprobs: (asArray(asObject(steps[i])?.candidates) ?? []).map(readToken),
  }));
  return { content, refusal: null };
}

function readToken(value: unknown): JsonObject {
  const { token, logProbability } = asObject(value) ?? {};
  const text = asText(token) ?? '';
  // A probability of one is written by leaving the zero out.
  const logprob = typeof logProbability === 'number' ? logProbability : 0;
  return { token: text, logprob, bytes: [...Buffer.from(text)] };
}
