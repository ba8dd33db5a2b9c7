import { errorCatalogue } from './errors.ts';

/** The parts of the OpenAPI document that many operations refer to. */

export type Json = Record<string, unknown>;

const text = { type: 'string' };

const requestHeaders = {
  'X-Client-ID': 'Which of your clients this call is for.',
  'X-Project': 'The project it belongs to.',
  'X-Scenario-ID': 'The scenario that makes it.',
  'X-Scenario-Platform': 'Where the scenario runs: make, zapier, n8n, …',
  'X-Execution-ID': 'The single run of the scenario.',
  'X-Organization-ID': 'The platform’s organization; kept with the call and shown.',
  'X-Node': 'The step of the scenario; kept with the call and shown.',
  'X-Gateway-Fallback': 'Models to try when this one fails, with commas between; `none` for none.',
  'X-Gateway-Strict': '`true`: refuse a parameter the model cannot honour, rather than drop it.',
  'anthropic-version': 'Reaches Anthropic, and nobody else.',
  'anthropic-beta': 'Reaches Anthropic, and nobody else.',
  'Idempotency-Key': 'The same key and body within 24 hours returns the first answer and costs nothing twice.',
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

const responseHeaders = {
  'x-request-id': 'The id of the request: name it when something is wrong.',
  'x-gateway-provider': 'Who answered.',
  'x-gateway-model': 'What answered.',
  'x-gateway-attempts': 'Provider tries, the good one included.',
  'x-gateway-route': 'Why this model, in a few words.',
  'x-gateway-cost-usd': 'What a plain answer cost, in dollars.',
  'x-gateway-budget-remaining-usd': 'What is left of the tightest budget, in dollars; absent where there is none.',
  'x-gateway-dropped-params': 'Parameters the model does not take: left out of the call, or sent with another value.',
  'retry-after': 'Seconds to wait before the next try, where they are known.',
} as const;

type ResponseHeader = keyof typeof responseHeaders;

/** Header maps of answers: any, a model's, and a refusal that is worth another try. */
export const answerHeaders = {
  any: headerMap(['x-request-id']),
  modelCall: headerMap((Object.keys(responseHeaders) as ResponseHeader[]).filter((name) => name !== 'retry-after')),
  retry: headerMap(['x-request-id', 'retry-after']),
};

const code = { ...text, enum: Object.keys(errorCatalogue), description: 'What to switch on.' };
const message = { ...text, description: 'What to do next, in plain words.' };
const details = { type: 'object', description: 'What the code has to say beside the message.' };

export const components = {
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'A key of the gateway: gw_live_… or gw_test_….' },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'x-api-key',
      description: 'The same key, as Anthropic’s SDKs send it.',
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
            param: { type: ['string', 'null'], description: 'The field at fault: `messages[0].role`.' },
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
            param: { ...text, description: 'The field at fault: `messages[0].role`.' },
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

function headerMap(names: readonly ResponseHeader[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
