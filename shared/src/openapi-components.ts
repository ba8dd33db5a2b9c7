import { errorCatalogue } from './errors.ts';

/** The parts of the OpenAPI document that many operations refer to. */

export type Json = Record<string, unknown>;

const text = { type: 'string' };

const requestHeaders = {
  'X-Client-ID': 'Which of your clients this call is for.',
  'X-Project': 'The project the call belongs to.',
  'X-Scenario-ID': 'The scenario that makes the call.',
  'X-Scenario-Platform': 'Where the scenario runs: make, zapier, n8n, …',
  'X-Execution-ID': 'The single run of the scenario.',
  'X-Organization-ID': 'The platform’s organization. Recorded with the call.',
  'X-Node': 'The step of the scenario. Recorded with the call.',
  'X-Gateway-Fallback': 'Models to try when this one fails, separated by commas; `none` for no fallback.',
  'X-Gateway-Strict':
    '`true`: refuse a parameter that the model does not support. `false`, as without the header: drop it. Any other value is `400`.',
  'X-Gateway-Prompt-Cache':
    '`none`: add nothing to the call by which its provider keeps the beginning of the prompt. Any other value is `400`.',
  'X-Gateway-Cache':
    'How to answer from the cache: `ttl=3600` keeps the answer for an hour, `only` asks no provider, `none` is off.',
  'X-Gateway-Auto': 'What a call to `auto` asks for: `min_quality=0.97, max_usd=0.02`.',
  'X-Session-ID': 'The conversation that the call belongs to. It stays with a model while that serves it.',
  'anthropic-version': 'Sent to Anthropic only.',
  'anthropic-beta': 'Sent to Anthropic only.',
  'Idempotency-Key':
    'Repeating a request with the same key and body within 24 hours returns the first answer and is charged once.',
} as const;

type RequestHeader = keyof typeof requestHeaders;

const forAnthropic: readonly RequestHeader[] = ['anthropic-version', 'anthropic-beta'];
const forPosts: readonly RequestHeader[] = ['Idempotency-Key'];

/** Which request headers mean something on which calls, by name. */
export const parameters: Readonly<Record<'modelCall' | 'anthropic' | 'post', readonly RequestHeader[]>> = {
  modelCall: (Object.keys(requestHeaders) as RequestHeader[]).filter(
    (name) => !forAnthropic.includes(name) && !forPosts.includes(name),
  ),
  anthropic: forAnthropic,
  post: forPosts,
};

const encoded = 'Names beyond ASCII are percent-encoded as UTF-8.';

const responseHeaders = {
  'x-request-id': 'The id of the request. Quote it when you report a problem.',
  'x-gateway-provider': 'The provider that answered; of an error, the one asked last. Absent where none was asked.',
  'x-gateway-model': `The model that answered; of an error, the one asked last. Absent where none was asked. ${encoded}`,
  'x-gateway-attempts': 'Number of attempts at providers: failed ones, and the one that answered.',
  'x-gateway-route': `The reason for this model, in a few words. ${encoded}`,
  'x-gateway-cost-usd': 'Cost of a plain answer, in dollars.',
  'x-gateway-budget-remaining-usd': 'Amount left in the tightest budget, in dollars; absent when no budget applies.',
  'x-gateway-saved-usd':
    'Saved by the response cache, or against the model that the call would have gone to, in dollars.',
  'x-gateway-dropped-params': `Parameters that the model does not support. They were left out, or sent with another value. ${encoded}`,
  'x-gateway-cache': 'The result of the response cache: `hit; age=31`, `stored`, `miss` or `bypass; reason=…`.',
  'x-gateway-prompt': 'The stored prompt that was used: `support-reply@7 (production)`.',
  'x-gateway-experiment': `The experiment that divides the calls, and the arm of this one: \`tone=B\`. ${encoded}`,
  'x-gateway-warning': `Something to look at, in a sentence: a tag that differs from a known one by case only. ${encoded}`,
  'x-ratelimit-limit-requests': 'The most calls in a minute. Like its companions, absent where no rate limit applies.',
  'x-ratelimit-remaining-requests': 'Calls left in this minute.',
  'x-ratelimit-reset-requests': 'Time until all calls are free again: `12s`.',
  'x-ratelimit-limit-tokens': 'The most tokens in a minute.',
  'x-ratelimit-remaining-tokens': 'Tokens left in this minute.',
  'x-ratelimit-reset-tokens': 'Time until all tokens are free again: `12s`.',
  'idempotent-replayed': '`true`: the kept answer to an earlier request with the same `Idempotency-Key`.',
  'x-should-retry': '`true` or `false`: is the same request worth another try? The vendors’ packages obey it.',
  'retry-after': 'Seconds to wait before the next attempt, when known.',
} as const;

type ResponseHeader = keyof typeof responseHeaders;

const ofErrors: readonly ResponseHeader[] = ['x-should-retry', 'retry-after'];
const ofRepeats: readonly ResponseHeader[] = ['idempotent-replayed'];
const ofLimits = namesOf((name) => name.startsWith('x-ratelimit-'));

/**
 * Header maps of answers: any, a model's, a repeated POST's, any error, any error of a call to a model, that of one that may have reached a
 * provider, and a refusal that is worth another try.
 */
export const answerHeaders = {
  any: headerMap(['x-request-id']),
  modelCall: headerMap(namesOf((name) => !ofErrors.includes(name) && !ofRepeats.includes(name))),
  repeated: headerMap(ofRepeats),
  error: headerMap(['x-request-id', 'x-should-retry']),
  decided: headerMap(['x-gateway-cache', 'x-gateway-prompt', 'x-gateway-experiment', 'x-gateway-warning', ...ofLimits]),
  asked: headerMap([
    'x-gateway-provider',
    'x-gateway-model',
    'x-gateway-attempts',
    'x-gateway-route',
    'x-gateway-dropped-params',
  ]),
  retry: headerMap(['retry-after']),
};

const code = {
  ...text,
  enum: Object.keys(errorCatalogue),
  description: 'The kind of error. Programs should branch on this.',
};
const message = { ...text, description: 'An explanation for people: the cause, then what to do.' };
const details = {
  type: 'object',
  description: 'Further data about the error; its other fields depend on the code.',
  properties: { docs_url: { type: 'string', description: 'The page about the code.' } },
};

export const components = {
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'A gateway key: gw_live_… or gw_test_….' },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'x-api-key',
      description: 'The same key, in the header that Anthropic’s SDKs use. One of the two headers is enough.',
    },
  },
  parameters: Object.fromEntries(
    Object.entries(requestHeaders).map(([name, description]) => [
      name,
      { name, in: 'header', required: false, description, schema: text },
    ]),
  ),
  headers: Object.fromEntries(
    Object.entries(responseHeaders).map(([name, description]) => [name, { description, schema: text }]),
  ),
  schemas: {
    Error: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          type: 'object',
          required: ['message', 'type', 'param', 'code'],
          properties: {
            message,
            type: text,
            param: {
              type: ['string', 'null'],
              description: 'The field that caused the error, such as `messages[0].role`.',
            },
            code,
            details,
          },
        },
      },
    },
    AnthropicError: {
      type: 'object',
      required: ['type', 'error', 'request_id'],
      properties: {
        type: { const: 'error' },
        error: {
          type: 'object',
          required: ['type', 'message', 'code'],
          properties: {
            type: text,
            message,
            code,
            param: { ...text, description: 'The field that caused the error, such as `messages[0].role`.' },
            details,
          },
        },
        request_id: text,
      },
    },
  },
};

export function reference(kind: Exclude<keyof typeof components, 'securitySchemes'>, name: string): Json {
  return { $ref: `#/components/${kind}/${name}` };
}

function namesOf(has: (name: ResponseHeader) => boolean): ResponseHeader[] {
  return (Object.keys(responseHeaders) as ResponseHeader[]).filter(has);
}

function headerMap(names: readonly ResponseHeader[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
