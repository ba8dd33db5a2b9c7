import type { ProviderFailure } from '../adapter.ts';
import { callerCode, cleanMessage, judge, parseErrorBody, statusIn, wordsOf } from '../failure.ts';
import { asObject, asText } from '../read-json.ts';

export function openAiFailure(status: number, body: string): ProviderFailure {
  const parsed = parseErrorBody(body);
  // `response.failed` has it in the response it ends.
  const error = asObject(parsed?.error) ?? asObject(asObject(parsed?.response)?.error) ?? parsed;
  const said =
    error?.message ?? (typeof parsed?.error === 'string' ? parsed.error : (parsed?.detail ?? parsed?.message));
  const code = asText(error?.code);
  const message = cleanMessage(said, status);
  const param = asText(error?.param);
  // An error inside a 200 or a stream says its status itself, where it says one (OpenRouter's `code: 402`).
  const named = status < 500 ? status : statusIn(error, statuses[code ?? ''] ?? status);
  const verdict = judge({ status: named, words: wordsOf(error, parsed), message, param });
  const { kind } = verdict;
  if (kind !== 'caller') return { ...verdict, message };
  const known =
    code === 'context_length_exceeded'
      ? 'context_length_exceeded'
      : code === 'content_policy_violation' || code === 'content_filter'
        ? 'content_policy_violation'
        : isUnknownModel(code) || isUnknownModel(asText(error?.type))
          ? 'model_not_found'
          : undefined;
  return { kind, message, code: known ?? callerCode(status, message), ...(param === undefined ? {} : { param }) };
}

/** The code says it where a stream has no status. */
const statuses: Readonly<Record<string, number>> = { rate_limit_exceeded: 429 };

/** OpenAI's own word, also with a 400; Mistral's type. */
function isUnknownModel(word: string | undefined): boolean {
  return word === 'model_not_found' || word === 'invalid_model';
}
