import { type ErrorCode, type GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { IDataObject, JsonObject } from 'n8n-workflow';

/** What a person reads: what happened, and below it what to do. */
export interface Explanation {
  message: string;
  description: string;
  httpCode?: string;
  /** Shown under "details": what the gateway said, and nothing of what was sent. */
  details: JsonObject;
}

/** Puts a refusal, or a request that never arrived, into words that say what to do next. */
export function explainRefusal(error: unknown): Explanation {
  if (isGatewayError(error)) {
    const { code, status, message, param, requestId } = error;
    return {
      message,
      description: advice(error),
      httpCode: String(status),
      details: json({ code, status, message, param, requestId, details: error.details }),
    };
  }
  const network = networkCode(error);
  const message = unreachable[network] ?? unreachable.default;
  // Not as `code`: n8n would take that for the HTTP status, and put a general message of its own in place of ours.
  return { message, description: checkBaseUrl, details: json({ network, message }) };
}

/** The item that goes on in place of an answer where the node is set to continue. */
export function refusedItem(error: unknown): IDataObject {
  const { message, description, details } = explainRefusal(error);
  return { error: message, hint: description, code: details.code ?? 'unreachable', details: details.details ?? null };
}

const checkBaseUrl =
  'Check the base URL of the credential, and that n8n can reach it: from a container, localhost is the container itself.';

const unreachable: Readonly<Record<string, string>> & { default: string } = {
  ECONNREFUSED: 'Nothing listens at the base URL. Is the gateway running?',
  ENOTFOUND: 'There is no host of the name in the base URL.',
  EAI_AGAIN: 'The name in the base URL could not be looked up.',
  ECONNRESET: 'The gateway hung up before it answered.',
  ECONNABORTED: 'The gateway took longer than the time-out of this node.',
  ETIMEDOUT: 'The gateway could not be reached in time.',
  ERR_CANCELED: 'The execution was stopped before the gateway answered.',
  default: 'The gateway could not be reached.',
};

function advice(error: GatewayError): string {
  const { code, details = {}, retryAfterSeconds } = error;
  if (code === 'budget_exceeded') {
    const resets = typeof details.resets_at === 'string' ? ` It begins anew on ${details.resets_at.slice(0, 10)}.` : '';
    return `Raise the budget (Budget > Raise Budget), or wait.${resets} To go on without the answer, set "On Error" to continue.`;
  }
  if (code === 'scenario_paused') {
    const link = typeof details.resume_url === 'string' ? `: ${details.resume_url}` : '';
    return `Find out why, then resume it with Scenario > Resume Scenario, or on the dashboard${link}`;
  }
  if (code === 'rate_limited' && retryAfterSeconds !== undefined)
    return `Wait ${retryAfterSeconds} s. ${advices.rate_limited}`;
  return advices[code] ?? 'Change what the message names and run the node again.';
}

const retry = 'Switch on "Retry On Fail" in the settings of the node';
const advices: Partial<Record<ErrorCode, string>> = {
  invalid_api_key: 'Open the credential and paste a key that is still valid: gw_live_… or gw_test_….',
  forbidden: 'Use a key with a stronger role in the credential: "member" may change budgets, scenarios and invoices.',
  tag_forbidden: 'This key belongs to one client. Leave the tag empty, or choose another credential.',
  model_not_found: 'Choose a model from the list, or "auto".',
  not_found: checkBaseUrl,
  context_length_exceeded: 'Send less text, or choose a model with a larger context window.',
  rate_limited: `${retry}, or put a Wait node into the loop.`,
  provider_error: `${retry}, or name fallback models under Options.`,
  provider_timeout: `${retry}, or name fallback models under Options.`,
  no_provider_available: `${retry}, or name fallback models under Options.`,
  service_unavailable: `${retry}.`,
  internal_error: `${retry}.`,
};

/** n8n wraps what its helper throws, so the code may lie a few causes deep. */
function networkCode(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 4) return 'UNKNOWN';
  const { code, cause, errorResponse, messages } = error as Record<string, unknown>;
  if (typeof code === 'string' && code in unreachable) return code;
  if (Array.isArray(messages)) {
    const named = Object.keys(unreachable).find((name) => messages.some((text) => String(text).includes(name)));
    if (named !== undefined) return named;
  }
  return networkCode(cause ?? errorResponse, depth + 1);
}

/** Without what is undefined, as JSON has it. */
function json(value: Record<string, unknown>): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
