import { type ErrorCode, type GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { formText } from '@ai-gateway/shared/form-text';
import { networkCodes, unreachableText } from '@ai-gateway/shared/steps/connection-check';
import type { JsonObject } from 'n8n-workflow';

/** The two lines a person reads: what happened, and below it what to do. */
export interface Explanation {
  message: string;
  description: string;
  httpCode?: string;
  /** Shown under "details": the gateway's answer, and nothing of the request. */
  details: JsonObject;
}

/** Explains a refusal, or a request that never arrived, and says what to do next. */
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
  if (!(error instanceof Unreachable)) return ownFault(error);
  const network = networkCode(error.cause);
  const message = unreachableText(network, 'n8n');
  return { message, description: checkBaseUrl, details: json({ code: 'unreachable', network, message }) };
}

/** No answer came from the gateway. Everything else that is thrown is a fault of the node or of the workflow. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The gateway could not be reached.', { cause });
  }
}

/** A missing binary field, an expression that fails, a fault of ours: n8n's own words, or the error's. */
function ownFault(error: unknown): Explanation {
  const { message = '', description } = (typeof error === 'object' && error !== null ? error : {}) as {
    message?: string;
    description?: unknown;
  };
  const text = message || formText(error) || 'The node failed.';
  return {
    message: text,
    description:
      typeof description === 'string' && description !== '' ? description : 'Check the parameters of the node.',
    details: { code: 'node_error', message: text },
  };
}

const checkBaseUrl =
  'Check the base URL of the credential, and that n8n can reach it: from a container, localhost is the container itself.';

function advice(error: GatewayError): string {
  const { code, details = {}, retryAfterSeconds } = error;
  if (code === 'budget_exceeded') {
    const wait = typeof details.resets_at === 'string' ? ', or wait for its reset' : '';
    return `Raise the budget (Budget > Raise Budget)${wait}. To go on without the answer, set "On Error" to continue.`;
  }
  if (code === 'scenario_paused') {
    const link = typeof details.resume_url === 'string' ? `, or on this page: ${details.resume_url}` : '.';
    return `Find out why, then resume it with Scenario > Resume Scenario${link}`;
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
  if (typeof code === 'string' && networkCodes.includes(code)) return code;
  if (Array.isArray(messages)) {
    const named = networkCodes.find((name) => messages.some((text) => String(text).includes(name)));
    if (named !== undefined) return named;
  }
  return networkCode(cause ?? errorResponse, depth + 1);
}

/** Without what is undefined, as JSON has it. */
function json(value: Record<string, unknown>): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
