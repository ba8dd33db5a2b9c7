import type { Adapter, Outgoing, ProviderFailure, Target } from './adapter.ts';
import { callerCode, cleanMessage, kindOfStatus, parseErrorBody } from './failure.ts';
import { geminiStreamReader, readGenerated } from './gemini-answer.ts';
import { geminiRequest } from './gemini-request.ts';
import { asArray, asObject, asText } from './openai-answer.ts';

/** Google's own generateContent API. */
export const gemini: Adapter = {
  kind: 'gemini',
  native: [],
  relay: () => {
    throw new Error('no dialect of ours is Gemini’s own');
  },
  request: (call, target) => {
    const { body, dropped } = geminiRequest(call, target);
    const method = call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return { ...geminiHead(target, method), body: JSON.stringify(body), dropped };
  },
  response: readGenerated,
  stream: geminiStreamReader,
  error: failure,
};

export function geminiHead(target: Target, method: string): Omit<Outgoing, 'body'> {
  return {
    url: `${target.baseUrl}/v1beta/models/${encodeURIComponent(target.model)}:${method}`,
    headers: { 'content-type': 'application/json', 'x-goog-api-key': target.apiKey },
  };
}

function failure(status: number, body: string): ProviderFailure {
  const error = asObject(parseErrorBody(body)?.error);
  const message = cleanMessage(error?.message, status);
  const word = asText(error?.status);
  // A bad key, a region or a bill is a 400 at Google.
  const ours =
    word === 'FAILED_PRECONDITION' || /api key (not valid|expired|not found)|pass a valid api key/i.test(message);
  const kind = ours ? 'account' : word === 'RESOURCE_EXHAUSTED' ? 'busy' : kindOfStatus(status);
  if (kind === 'caller') return { kind, message, code: callerCode(status, message) };
  const retryAfterSeconds = retryDelayOf(body);
  return { kind, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

/** Google says how long to wait inside the body: `{"@type": "…RetryInfo", "retryDelay": "34s"}`. Seconds. */
function retryDelayOf(body: string): number | undefined {
  const details = asArray(asObject(parseErrorBody(body)?.error)?.details) ?? [];
  for (const detail of details) {
    const delay = /^(\d+(?:\.\d+)?)s$/.exec(asText(asObject(detail)?.retryDelay) ?? '')?.[1];
    if (delay !== undefined) return Math.ceil(Number(delay));
  }
  return undefined;
}
