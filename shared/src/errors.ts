import { isRecord } from './json.ts';

/*
 * Refusals, on both sides of the wire.
 *
 * ```ts
 * import { createClient } from '@ai-gateway/shared/client';
 * import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
 *
 * throw new GatewayError('invalid_request', 'The month must be a month, such as 2026-11.', { param: 'period' });
 *
 * const client = createClient({ baseUrl: 'https://gateway.example.com', apiKey: 'gw_test_…' });
 * const budgets = await client.call('budgets.list', {}).catch((error: unknown) => {
 *   if (isGatewayError(error) && error.code === 'forbidden') return { data: [] };
 *   throw error;
 * });
 * ```
 */

/**
 * The error catalogue: every way an operation can be refused, its HTTP status, its `type` in OpenAI's and in
 * Anthropic's words, and whether the caller should try again. Switch on `code`; `message` is for people.
 */
export const errorCatalogue = {
  invalid_request: { status: 400, type: 'invalid_request_error', anthropicType: 'invalid_request_error', retry: false },
  invalid_tag: { status: 400, type: 'invalid_request_error', anthropicType: 'invalid_request_error', retry: false },
  unsupported_parameter: {
    status: 400,
    type: 'invalid_request_error',
    anthropicType: 'invalid_request_error',
    retry: false,
  },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    anthropicType: 'invalid_request_error',
    retry: false,
  },
  content_policy_violation: {
    status: 400,
    type: 'invalid_request_error',
    anthropicType: 'invalid_request_error',
    retry: false,
  },
  invalid_api_key: { status: 401, type: 'invalid_request_error', anthropicType: 'authentication_error', retry: false },
  invalid_credentials: {
    status: 401,
    type: 'invalid_request_error',
    anthropicType: 'authentication_error',
    retry: false,
  },
  second_factor_required: {
    status: 401,
    type: 'invalid_request_error',
    anthropicType: 'authentication_error',
    retry: false,
  },
  budget_exceeded: { status: 402, type: 'insufficient_quota', anthropicType: 'billing_error', retry: false },
  forbidden: { status: 403, type: 'permission_error', anthropicType: 'permission_error', retry: false },
  tag_forbidden: { status: 403, type: 'permission_error', anthropicType: 'permission_error', retry: false },
  rule_blocked: { status: 403, type: 'permission_error', anthropicType: 'permission_error', retry: false },
  step_up_required: { status: 403, type: 'permission_error', anthropicType: 'permission_error', retry: false },
  model_not_found: { status: 404, type: 'invalid_request_error', anthropicType: 'not_found_error', retry: false },
  not_found: { status: 404, type: 'invalid_request_error', anthropicType: 'not_found_error', retry: false },
  conflict: { status: 409, type: 'invalid_request_error', anthropicType: 'invalid_request_error', retry: false },
  idempotency_conflict: {
    status: 409,
    type: 'invalid_request_error',
    anthropicType: 'invalid_request_error',
    retry: false,
  },
  link_used: { status: 410, type: 'invalid_request_error', anthropicType: 'not_found_error', retry: false },
  request_too_large: { status: 413, type: 'invalid_request_error', anthropicType: 'request_too_large', retry: false },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    anthropicType: 'invalid_request_error',
    retry: false,
  },
  misdirected_request: {
    status: 421,
    type: 'invalid_request_error',
    anthropicType: 'invalid_request_error',
    retry: false,
  },
  scenario_paused: { status: 423, type: 'permission_error', anthropicType: 'permission_error', retry: false },
  rate_limited: { status: 429, type: 'rate_limit_error', anthropicType: 'rate_limit_error', retry: true },
  internal_error: { status: 500, type: 'server_error', anthropicType: 'api_error', retry: true },
  provider_error: { status: 502, type: 'server_error', anthropicType: 'api_error', retry: true },
  service_unavailable: { status: 503, type: 'server_error', anthropicType: 'overloaded_error', retry: true },
  no_provider_available: { status: 503, type: 'server_error', anthropicType: 'overloaded_error', retry: true },
  provider_timeout: { status: 504, type: 'server_error', anthropicType: 'timeout_error', retry: true },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

export interface ErrorOptions {
  /** The field of the request that is at fault, in dotted and bracketed form: `messages[0].role`. */
  param?: string | undefined;
  details?: Readonly<Record<string, unknown>> | undefined;
  /** Overrides the catalogue's status; for a provider's own 4xx, which comes back as that 4xx, and where HTTP has a status of its own (426, 431). */
  status?: number | undefined;
  /** Seconds for the `Retry-After` header. */
  retryAfterSeconds?: number | undefined;
  /** Headers that go with the refusal: `x-ratelimit-*`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The `x-request-id` of the answer this was read from; only on the client's side. */
  requestId?: string | undefined;
  cause?: unknown;
}

const marker = Symbol.for('ai-gateway.error');

/** A refusal with a code of the catalogue. Thrown where a request cannot be served; never carries a secret. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly param: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly requestId: string | undefined;
  readonly [marker] = true;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = options.status ?? errorCatalogue[code].status;
    this.param = options.param;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers;
    this.requestId = options.requestId;
  }
}

/** `instanceof` breaks across bundles (Zapier, n8n), a registered symbol does not. */
export function isGatewayError(error: unknown): error is GatewayError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[marker] === true;
}

/** OpenAI's error body, used everywhere but on `/v1/messages`. */
export interface ErrorBody {
  error: {
    message: string;
    type: string;
    param: string | null;
    code: string;
    details: Readonly<Record<string, unknown>>;
  };
}

/** The page about a code, in the documents of the repository. */
export function docsUrl(code: ErrorCode): string {
  return `https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/errors/${code}.md`;
}

/** The `details` of a refusal as they are sent: those of its code, and the address of its page. */
export function detailsOf({ code, details }: GatewayError): Readonly<Record<string, unknown>> {
  return { ...details, docs_url: docsUrl(code) };
}

export function toErrorBody(error: GatewayError): ErrorBody {
  return {
    error: {
      message: error.message,
      type: errorCatalogue[error.code].type,
      param: error.param ?? null,
      code: error.code,
      details: detailsOf(error),
    },
  };
}

/**
 * A refusal read off the wire. OpenAI's and Anthropic's shapes both keep it under `error`, with our `code` in it. A body in
 * neither shape came from something in between (a proxy, a tunnel, a web page) and gets the plainest code of its status.
 */
export function fromErrorBody(
  body: unknown,
  answer: Pick<ErrorOptions, 'status' | 'retryAfterSeconds' | 'requestId'>,
): GatewayError {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const code = isErrorCode(error.code) ? error.code : codeOfStatus(answer.status);
  const message =
    typeof error.message === 'string'
      ? error.message
      : `The request failed without an answer from the gateway (${code}). Check the base URL, and any proxy in between.`;
  return new GatewayError(code, message, {
    ...answer,
    param: typeof error.param === 'string' ? error.param : undefined,
    details: isRecord(error.details) ? error.details : undefined,
  });
}

const plainestCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'invalid_api_key',
  402: 'budget_exceeded',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'link_used',
  413: 'request_too_large',
  415: 'unsupported_media_type',
  421: 'misdirected_request',
  423: 'scenario_paused',
  429: 'rate_limited',
  502: 'provider_error',
  503: 'service_unavailable',
  504: 'provider_timeout',
};

function codeOfStatus(status = 500): ErrorCode {
  return plainestCodes[status] ?? (status >= 500 ? 'internal_error' : 'invalid_request');
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code);
}
