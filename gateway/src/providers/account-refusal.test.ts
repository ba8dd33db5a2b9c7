import { describe, expect, it } from 'vitest';
import type { ProviderFailure } from './adapter.ts';
import { providerOf } from './providers.ts';

type Kind = Parameters<typeof providerOf>[0];
type Row = [kind: Kind, status: number, body: unknown, reason: string, ofModel?: boolean];

const openAi = (message: string, code: string | null, type = 'invalid_request_error', param: string | null = null) => ({
  error: { message, type, param, code },
});
const claude = (type: string, message: string) => ({ type: 'error', error: { type, message } });
const google = (code: number, status: string, message: string, details?: readonly unknown[]) => ({
  error: { code, message, status, ...(details && { details }) },
});
const quota = (quotaId: string) => [
  { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] },
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
];
const overQuota =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.';

/** The vendors' sentences, from their pages of errors and from public reports. */
const refusals: Row[] = [
  // platform.openai.com/docs/guides/error-codes/api-errors
  ['openai', 401, openAi('Incorrect API key provided: sk-abc***xyz.', 'invalid_api_key'), 'key'],
  ['openai', 401, openAi('You must be a member of an organization to use the API.', null), 'key'],
  [
    'openai',
    403,
    openAi('Country, region, or territory not supported', 'unsupported_country_region_territory'),
    'access',
  ],
  [
    'openai',
    429,
    openAi(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    'credit',
  ],
  ['openai', 400, openAi('Billing hard limit has been reached', 'billing_hard_limit_reached'), 'credit'],
  ['openai', 400, openAi('Your monthly spend limit has been reached.', null), 'credit'],
  ['openai', 429, openAi('Your project has reached its monthly budget.', 'project_budget_exceeded'), 'credit'],
  [
    'openai-compatible',
    403,
    openAi("You've reached your team's monthly spending limit. It's set by its owner.", null),
    'credit',
  ],
  ['openai-compatible', 429, openAi('Your credits are depleted.', null), 'credit'],
  [
    'anthropic',
    429,
    claude('rate_limit_error', "This request would exceed your account's monthly spend limit."),
    'credit',
  ],
  // ai.google.dev/gemini-api/docs/billing: both come as RESOURCE_EXHAUSTED, and neither is over in a minute
  ['gemini', 429, google(429, 'RESOURCE_EXHAUSTED', 'Your project has exceeded its monthly spending cap.'), 'credit'],
  ['gemini', 429, google(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'), 'credit'],
  [
    'openai',
    429,
    openAi(
      'Your account is not active, please check your billing details on our website.',
      'billing_not_active',
      'billing_not_active',
    ),
    'credit',
  ],
  [
    'openai',
    401,
    openAi('The OpenAI account associated with this API key has been deactivated.', 'account_deactivated'),
    'access',
  ],
  [
    'openai',
    404,
    openAi(
      'Your organization must be verified to use the model `o3`. Please go to: https://platform.openai.com/settings/organization/general',
      'model_not_found',
    ),
    'access',
    true,
  ],
  [
    'openai',
    400,
    openAi(
      'Your organization must be verified to stream this model.',
      'unsupported_value',
      'invalid_request_error',
      'stream',
    ),
    'access',
    true,
  ],
  ['openai', 403, openAi('Project `proj_x` does not have access to model `gpt-5`', 'model_not_found'), 'access', true],
  // docs.claude.com/en/api/errors
  ['anthropic', 401, claude('authentication_error', 'invalid x-api-key'), 'key'],
  ['anthropic', 402, claude('billing_error', 'Your payment failed.'), 'credit'],
  [
    'anthropic',
    403,
    claude('permission_error', 'Your API key does not have permission to use the specified resource.'),
    'access',
  ],
  [
    'anthropic',
    400,
    claude(
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
    'credit',
  ],
  [
    'anthropic',
    400,
    claude(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    ),
    'credit',
  ],
  ['anthropic', 400, claude('invalid_request_error', 'This organization has been disabled.'), 'access'],
  // ai.google.dev/gemini-api/docs/troubleshooting
  [
    'gemini',
    400,
    google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [{ reason: 'API_KEY_INVALID' }]),
    'key',
  ],
  [
    'gemini',
    403,
    google(
      403,
      'PERMISSION_DENIED',
      'Generative Language API has not been used in project 1 before or it is disabled.',
      [{ reason: 'SERVICE_DISABLED' }],
    ),
    'access',
  ],
  [
    'gemini',
    403,
    google(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.'),
    'key',
  ],
  [
    'gemini',
    400,
    google(
      400,
      'FAILED_PRECONDITION',
      'Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.',
    ),
    'credit',
  ],
  [
    'gemini',
    403,
    google(403, 'PERMISSION_DENIED', 'This API method requires billing to be enabled.', [
      { reason: 'BILLING_DISABLED' },
    ]),
    'credit',
  ],
  [
    'gemini',
    429,
    google(429, 'RESOURCE_EXHAUSTED', overQuota, quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')),
    'credit',
    true,
  ],
  [
    'gemini',
    429,
    google(
      429,
      'RESOURCE_EXHAUSTED',
      `${overQuota}\n* Quota exceeded for metric: x, limit: 0`,
      quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier'),
    ),
    'credit',
    true,
  ],
  ['gemini', 429, google(429, 'RESOURCE_EXHAUSTED', overQuota), 'credit'],
  // Servers that follow OpenAI.
  [
    'openai-compatible',
    402,
    { error: { message: 'Insufficient Balance', type: 'unknown_error', param: null, code: 'invalid_request_error' } },
    'credit',
  ],
  [
    'openai-compatible',
    402,
    { error: { code: 402, message: 'This request requires more credits, or fewer max_tokens.' } },
    'credit',
  ],
  ['openai-compatible', 500, { error: { code: 402, message: 'Insufficient credits' } }, 'credit'],
  ['openai-compatible', 401, { message: 'Unauthorized', request_id: '1' }, 'key'],
  ['openai-compatible', 401, { detail: 'Unauthorized' }, 'key'],
  [
    'openai-compatible',
    400,
    openAi(
      'Organization has been restricted. Please reach out to support if you believe this was in error.',
      'organization_restricted',
    ),
    'access',
  ],
  [
    'openai-compatible',
    401,
    openAi('Access denied due to invalid subscription key or wrong API endpoint.', '401'),
    'key',
  ],
  [
    'openai-compatible',
    429,
    openAi('Your team has either used all available credits or reached its monthly spending limit.', null),
    'credit',
  ],
  [
    'openai-compatible',
    429,
    openAi(
      'Your account is suspended, please check your plan and billing details',
      null,
      'exceeded_current_quota_error',
    ),
    'credit',
  ],
  [
    'openai-compatible',
    400,
    openAi('Access denied, please make sure your account is in good standing.', 'Arrearage', 'Arrearage'),
    'credit',
  ],
  [
    'openai-compatible',
    403,
    openAi('The model is blocked at the project level.', 'model_permission_blocked_project'),
    'access',
    true,
  ],
];

/** Refusals inside a 200 or a stream have no status of their own. */
const inside: Row[] = [
  ['openai', 500, openAi('You exceeded your current quota.', 'insufficient_quota'), 'credit'],
  ['anthropic', 500, claude('authentication_error', 'invalid x-api-key'), 'key'],
  ['anthropic', 500, claude('permission_error', 'Not allowed.'), 'access'],
  ['gemini', 500, google(403, 'PERMISSION_DENIED', 'Denied.'), 'access'],
];

const read = ([kind, status, body]: [Kind, number, unknown, ...unknown[]]): ProviderFailure =>
  providerOf(kind).adapter.error(status, JSON.stringify(body));

describe('a refusal of our account is told from every other failure', () => {
  it.each([...refusals, ...inside])('%s %i %j: %s', (kind, status, body, reason, ofModel = false) => {
    expect(read([kind, status, body])).toMatchObject({ kind: 'account', refusal: { reason, ofModel } });
  });

  it.each<[Kind, number, unknown, ProviderFailure['kind']]>([
    [
      'openai',
      429,
      openAi('Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000.', 'rate_limit_exceeded'),
      'busy',
    ],
    [
      'openai',
      404,
      openAi('The model `gpt-9` does not exist or you do not have access to it.', 'model_not_found'),
      'caller',
    ],
    ['anthropic', 529, claude('overloaded_error', 'Overloaded'), 'busy'],
    ['anthropic', 404, claude('not_found_error', 'model: claude-9'), 'caller'],
    [
      'gemini',
      429,
      google(429, 'RESOURCE_EXHAUSTED', overQuota, quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier')),
      'busy',
    ],
    [
      'gemini',
      403,
      google(403, 'PERMISSION_DENIED', 'You do not have permission to access the File abc or it may not exist.'),
      'caller',
    ],
    [
      'openai-compatible',
      403,
      { error: { code: 403, message: 'Input was flagged', metadata: { reasons: ['violence'] } } },
      'caller',
    ],
    // Vendors quote a caller's text, which must not close an account.
    [
      'openai',
      400,
      openAi(
        "Invalid value: 'insufficient credits'. Supported values are: 'a'.",
        'invalid_value',
        'invalid_request_error',
        'tools[0].type',
      ),
      'caller',
    ],
    ['openai', 400, openAi("Invalid value: 'Your credit balance is too low'.", null), 'caller'],
    ['openai', 400, openAi("Invalid value: 'a' Your credit balance is too low 'b'.", null), 'caller'],
    ['openai', 400, openAi('Unrecognized request argument supplied: Your credit balance is too low', null), 'caller'],
    [
      'anthropic',
      400,
      claude(
        'invalid_request_error',
        "messages.0: Input tag 'x' Your credit balance is too low 'y' found using 'type'",
      ),
      'caller',
    ],
    [
      'anthropic',
      400,
      claude('invalid_request_error', 'Your credit balance is too low: Extra inputs are not permitted'),
      'caller',
    ],
    [
      'gemini',
      400,
      google(
        400,
        'INVALID_ARGUMENT',
        'Invalid JSON payload received. Unknown name "a" out of credits "b": Cannot find field.',
      ),
      'caller',
    ],
    [
      'openai',
      429,
      openAi('Rate limit reached for gpt-4o on requests per day (RPD): Limit 200.', 'rate_limit_exceeded'),
      'busy',
    ],
  ])('%s %i %j is not: %s', (kind, status, body, expected) => {
    expect(read([kind, status, body]).kind).toBe(expected);
  });

  it('shows no key, whatever it looks like', () => {
    for (const key of ['sk-proj-abcdef123', 'gsk_abcdefghi', 'xai-abcdefghi', 'AIzaSyAbcdefghijk', 'abcd*****wxyz'])
      expect(read(['openai', 401, openAi(`Incorrect API key provided: ${key}. You can find it.`, 'x')]).message).toBe(
        'Incorrect API key provided: [key]. You can find it.',
      );
  });
});
