/** A provider's refusal of a request: the words that its kind is judged by. */
export interface FailureReport {
  status: number;
  /** `code`, `type`, `status` and `reason` of the error, as far as there are any. */
  words: readonly string[];
  message: string;
  /** The field at fault, where one is named: a refusal of the account names none. */
  param?: string | undefined;
}

/** A refusal of our own account. */
export interface AccountRefusal {
  /** `key`: unknown, expired, disabled. `credit`: the money or the quota is used up. `access`: not allowed, for another reason. */
  reason: 'key' | 'credit' | 'access';
  /** Only this model is refused; the account's others answer. */
  ofModel: boolean;
}

/**
 * Did the provider refuse our account, and not the call? Vendors say it with many statuses (Anthropic's empty account is a 400,
 * OpenAI's a 429) and inside streams (a 200), so the words come first and the status decides where they say nothing.
 */
export function readAccountRefusal({ status, words, message, param }: FailureReport): AccountRefusal | undefined {
  const text = withoutQuotations(message, status);
  if (/must be verified to/i.test(text)) return { reason: 'access', ofModel: true };
  if (status === 404 || status === 413 || status === 422 || (param !== undefined && status < 401)) return undefined;
  if (words.some((word) => modelWords.has(word)) || (status === 403 && /\b(access to|use)\b[^.]*\bmodel\b/i.test(text)))
    return { reason: 'access', ofModel: true };
  const ofModel = false;
  if (words.some((word) => creditWords.has(word)) || isOfCredit(text)) return { reason: 'credit', ofModel };
  if (words.some((word) => keyWords.has(word)) || keyTexts.some((pattern) => pattern.test(text)))
    return { reason: 'key', ofModel };
  if (words.some((word) => accessWords.has(word)) || accessTexts.some((pattern) => pattern.test(text)))
    return { reason: 'access', ofModel };
  if (status === 401) return { reason: 'key', ofModel };
  if (status === 402) return { reason: 'credit', ofModel };
  // Moderation and files are refused with a 403 too (OpenRouter, Gemini), and they are the caller's.
  if (status === 403 && !callersOwn.test(text)) return { reason: 'access', ofModel };
  return undefined;
}

/**
 * Quotations are the caller's own words, and so are the names of fields in a validator's sentence ("x: Extra inputs are not
 * permitted"): nobody may shut an account for others by having them quoted. A value may have quotes of its own, so of a 400 all
 * goes from the first quote to the last. An apostrophe within a word is no quote.
 */
function withoutQuotations(message: string, status: number): string {
  if (status !== 400) return message.replace(/(?<!\w)'[^']*'|"[^"]*"|`[^`]*`/g, '');
  return ofValidators.test(message) ? '' : message.replace(/(?<!\w)'.*'(?!\w)|".*"|`.*`/gs, '');
}

const ofValidators =
  /extra inputs are not permitted|unrecognized request argument|input should be|field required|does not match any of the expected|unexpected value/i;

const callersOwn =
  /flagged|moderation|content.?policy|safety|permission[^.]*\b(file|cached ?content|tuned ?model)|\b(file|cached ?content|tuned ?model)\w*[^.]*permission/i;

/** A 403 for what the caller sent or named; every other 403 is the account's. */
export function isCallersOwn403(message: string): boolean {
  return callersOwn.test(message);
}

const modelWords: ReadonlySet<string> = new Set([
  'model_permission_blocked_project',
  'model_permission_blocked_org',
  'model_not_allowed',
  'model_access_denied',
]);

/** OpenAI: platform.openai.com/docs/guides/error-codes. Anthropic: docs.claude.com/en/api/errors. Other vendors: as their APIs answer. */
const creditWords: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_soft_limit_reached',
  'billing_not_active',
  'billing_error',
  'insufficient_balance',
  'insufficient_credits',
  'insufficient_user_quota',
  'payment_required',
  'exceeded_current_quota_error',
  'personal-team-blocked:spending-limit',
  'Arrearage',
  'BILLING_DISABLED',
]);

/** Is it the money that is used up? */
export function isOfCredit(message: string): boolean {
  return creditTexts.some((pattern) => pattern.test(message));
}

const creditTexts: readonly RegExp[] = [
  /credit balance is too low/i,
  /reached your specified (api|workspace api) usage limits/i,
  /\binsufficient (account )?(balance|credits?|funds|quota)\b/i,
  /exceeded your current quota/i,
  /billing (hard|soft) limit/i,
  /billing (is not|isn't|not|to be|has not been) (enabled|active)/i,
  /requires billing|enable billing|billing account .*(disabled|closed)/i,
  /(used|exhausted) all (your |available |of your )*credits|(doesn't|does not|don't|do not) have any credits|requires more credits|out of credits|no credits (left|remaining)/i,
  /(reached|exceeded) (its|your|the) (monthly )?(spend(ing)?|credit|usage) (limit|cap)/i,
  /\b(account|team|organization)\b.*\bin arrears\b/i,
  /payment required/i,
  /\b((spend(ing)?|credit|billing|monthly usage) (limit|cap)|monthly (budget|quota))\b[^.]{0,30}\b(reached|exceeded|depleted|exhausted|used up)\b/i,
  /\b(reach|exceed)(ed|s)?\b[^.]{0,60}\b((spend(ing)?|credit|billing|monthly usage) (limit|cap)|monthly budget)\b/i,
  /\b(credits?|funds|balance) (are|is|have been|has been) (depleted|exhausted|used up)\b/i,
];

const keyWords: ReadonlySet<string> = new Set([
  'invalid_api_key',
  'incorrect_api_key',
  'expired_api_key',
  'authentication_error',
  'invalid_authentication',
  'invalid_authentication_error',
  'UNAUTHENTICATED',
  'API_KEY_INVALID',
  'API_KEY_EXPIRED',
  'API_KEY_SERVICE_BLOCKED',
  'API_KEY_IP_ADDRESS_BLOCKED',
  'API_KEY_HTTP_REFERRER_BLOCKED',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
]);

const keyTexts: readonly RegExp[] = [
  /(incorrect|invalid|wrong|expired|revoked|disabled) (api|x-api)[ -]?key/i,
  /\bapi key (is |was |has been )?(not valid|invalid|expired|not found|disabled|revoked|incorrect|reported as leaked)/i,
  /pass a valid api key/i,
];

const accessWords: ReadonlySet<string> = new Set([
  'account_deactivated',
  'account_suspended',
  'organization_restricted',
  'organization_disabled',
  'blocked_api_access',
  'access_terminated',
  'permission_error',
  'PERMISSION_DENIED',
  'SERVICE_DISABLED',
  'unsupported_country_region_territory',
  'access_denied',
]);

const accessTexts: readonly RegExp[] = [
  /\b(your |this )?(account|organization|project|team)\b( [\w-]+)? (has been|is|was) (deactivated|disabled|suspended|terminated|restricted|archived|blocked|not active)/i,
  /user location is not supported/i,
];
