/**
 * When the vendors stop serving a model. `@pydantic/genai-prices` keeps prices of retired models and no dates, so these rows are
 * known by hand, read on 2026-11-29 from the vendors' own pages:
 *
 * - OpenAI: https://developers.openai.com/api/docs/deprecations ("At the time of the shut down, the model or endpoint will no
 *   longer be accessible"), the same dates as `shutdown_date` in OpenAI's `GET /v1/models`
 * - Anthropic: https://platform.claude.com/docs/en/about-claude/model-deprecations ("Requests to retired models will fail") and
 *   `DEPRECATED_MODELS` of `@anthropic-ai/sdk`
 * - Google: https://ai.google.dev/gemini-api/docs/deprecations ("completely turned off, and the endpoint is no longer available")
 *
 * A model without a row has no retirement date yet.
 */
export interface Retirement {
  vendor: 'openai' | 'anthropic' | 'gemini';
  /** Names of the model and of its snapshots. */
  names: RegExp;
  /** The first day on which the vendor refuses it. */
  on: string;
  /** The start of that day in UTC: the vendors name no hour. */
  fromMs: number;
  /** What the vendor names in its place, where that is another than the default of the model's class. */
  successor?: string;
}

/** A snapshot's date, `-latest`, or where a cloud keeps it. Only these, since names come from callers. */
const snapshot = '(?:[-@](?:latest|[0-9]{4,8}|[0-9]{4}-[0-9]{2}-[0-9]{2}))?$';

function named(...names: string[]): RegExp {
  return new RegExp(`^(?:${names.join('|')})${snapshot}`);
}

const pro = 'gpt-5.5-pro';
const codex = 'gpt-5.3-codex';
const opus = 'claude-opus-5-5';

const rows: readonly Omit<Retirement, 'fromMs'>[] = [
  // OpenAI
  {
    vendor: 'openai',
    names: named('ada', 'babbage', 'curie', 'davinci', 'text-[a-z]+-00[123]'),
    on: '2024-01-04',
  },
  { vendor: 'openai', names: /^gpt-3\.5(-turbo)?-0301$/, on: '2024-06-13' },
  { vendor: 'openai', names: /^gpt-3\.5-turbo-(0613|16k(-0613)?)$|^gpt-35-turbo-16k(-0613)?$/, on: '2024-09-13' },
  { vendor: 'openai', names: named('gpt-4-vision-preview', 'gpt-4-1106-vision-preview'), on: '2024-12-06' },
  { vendor: 'openai', names: /^gpt-4-32k(-0314|-0613)?$/, on: '2025-06-06' },
  { vendor: 'openai', names: named('gpt-4[.]5-preview'), on: '2025-07-14' },
  { vendor: 'openai', names: named('o1-preview'), on: '2025-07-28' },
  { vendor: 'openai', names: named('o1-mini'), on: '2025-10-27' },
  { vendor: 'openai', names: named('codex-mini'), on: '2026-02-12', successor: codex },
  { vendor: 'openai', names: /^chatgpt-4o-latest$/, on: '2026-02-17' },
  { vendor: 'openai', names: /^gpt-4-(0314|1106-preview|0125-preview|turbo-preview)$/, on: '2026-03-26' },
  {
    vendor: 'openai',
    names: named('gpt-4o(-mini)?-search-preview', 'computer-use-preview', 'gpt-5([.]1)?-chat'),
    on: '2026-07-23',
  },
  {
    vendor: 'openai',
    names: named('gpt-5([.]2)?-codex', 'gpt-5[.-]1-codex(-max|-mini)?'),
    on: '2026-07-23',
    successor: codex,
  },
  { vendor: 'openai', names: named('o3-deep-research', 'o4-mini-deep-research'), on: '2026-07-23', successor: pro },
  { vendor: 'openai', names: named('gpt-5[.-][23]-chat'), on: '2026-08-10' },
  { vendor: 'openai', names: named('gpt-3.5-turbo-1106', 'gpt-3.5-turbo-instruct'), on: '2026-09-28' },
  { vendor: 'openai', names: /^(gpt-3\.5-turbo|gpt-35-turbo)(-0125)?$/, on: '2026-10-23' },
  { vendor: 'openai', names: /^gpt-4(-0613|-turbo|-turbo-2024-04-09)?$/, on: '2026-10-23' },
  { vendor: 'openai', names: /^gpt-4o-2024-05-13$/, on: '2026-10-23' },
  { vendor: 'openai', names: named('o1', 'o3-mini', 'o3-mini-high', 'o4-mini', 'o4-mini-high'), on: '2026-10-23' },
  { vendor: 'openai', names: named('o1-pro'), on: '2026-10-23', successor: pro },
  { vendor: 'openai', names: named('gpt-4[.]1-nano'), on: '2026-10-23' },
  { vendor: 'openai', names: named('gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'o3'), on: '2026-12-11' },
  { vendor: 'openai', names: named('gpt-5-pro', 'o3-pro'), on: '2026-12-11', successor: pro },
  {
    vendor: 'openai',
    names: /^(gpt-4o(-2024-(08-06|11-20))?|gpt-4o-mini(-2024-07-18)?|gpt-4\.1(-mini)?(-2025-04-14)?)$/,
    on: '2027-01-14',
  },
  { vendor: 'openai', names: named('gpt-5[.-]1', 'gpt-5[.-]4-nano'), on: '2027-04-01' },
  { vendor: 'openai', names: named('gpt-5[.-]3-codex'), on: '2027-04-01', successor: pro },
  // Anthropic
  { vendor: 'anthropic', names: /^claude-(v1|1|instant)([.-][\w.]+)?$/, on: '2024-11-06' },
  { vendor: 'anthropic', names: /^claude-v?2([.:-][\w.]+)?$/, on: '2025-07-21' },
  { vendor: 'anthropic', names: named('claude-3-sonnet'), on: '2025-07-21' },
  { vendor: 'anthropic', names: named('claude-3[.-]5-sonnet'), on: '2025-10-28' },
  { vendor: 'anthropic', names: named('claude-3-opus'), on: '2026-01-05', successor: opus },
  { vendor: 'anthropic', names: named('claude-3[.-]7-sonnet', 'claude-sonnet-3[.-]7'), on: '2026-02-19' },
  { vendor: 'anthropic', names: named('claude-3[.-]5-haiku'), on: '2026-02-19' },
  { vendor: 'anthropic', names: named('claude-3-haiku'), on: '2026-04-20' },
  { vendor: 'anthropic', names: named('claude-sonnet-4(-0)?', 'claude-4-sonnet'), on: '2026-06-15' },
  { vendor: 'anthropic', names: named('claude-opus-4(-0)?', 'claude-4-opus'), on: '2026-06-15', successor: opus },
  { vendor: 'anthropic', names: named('claude-opus-4[.-]1'), on: '2026-08-05', successor: opus },
  { vendor: 'anthropic', names: named('claude-sonnet-4[.-]5'), on: '2026-11-30' },
  { vendor: 'anthropic', names: named('claude-opus-4[.-]5', 'claude-4[.-]5-opus'), on: '2027-01-22', successor: opus },
  // Google
  { vendor: 'gemini', names: /^gemini-(1\.0-pro[\w.-]*|pro(-vision)?)$/, on: '2025-02-15' },
  { vendor: 'gemini', names: /^gemini-1\.5-(pro|flash)[\w.-]*$|^gemini-(pro|flash)-1\.5(-8b)?$/, on: '2025-09-24' },
  { vendor: 'gemini', names: /^gemini-2\.5-(pro|flash)-preview(-\d\d-(\d\d|\d{4}))?(:thinking)?$/, on: '2025-12-02' },
  { vendor: 'gemini', names: /^gemini-3-pro-(text-)?preview[\w.-]*$/, on: '2026-03-09' },
  { vendor: 'gemini', names: /^gemini-2\.5-flash-lite-preview(-\d\d-\d{4})?$/, on: '2026-03-31' },
  { vendor: 'gemini', names: /^gemini-3\.1-flash-lite-preview[\w.-]*$/, on: '2026-05-25' },
  { vendor: 'gemini', names: /^gemini-2\.0-flash[\w.-]*$/, on: '2026-06-01' },
  { vendor: 'gemini', names: named('gemini-2[.]5-pro', 'gemini-2[.]5-flash'), on: '2026-12-01' },
  { vendor: 'gemini', names: named('gemini-3[.]1-flash-lite'), on: '2027-05-07' },
];

export const retirements: readonly Retirement[] = rows.map((row) => ({
  ...row,
  fromMs: Date.parse(`${row.on}T00:00:00Z`),
}));

/** The row of a model, as its vendor names it, whether its day has come or not. */
export function retirementOf(vendor: string, model: string): Retirement | undefined {
  return retirements.find((row) => row.vendor === vendor && row.names.test(model));
}

/** The day the table was read: what a vendor had announced for later it may still put off. */
const readOn = '2026-11-29';

/** Had the vendor switched it off when the table was read? Of later days only the vendor's own answer is certain. */
export function isConfirmed(retirement: Pick<Retirement, 'on'>): boolean {
  return retirement.on <= readOn;
}

/** Has its day come? */
export function isRetired({ fromMs }: Pick<Retirement, 'fromMs'>, at: Date): boolean {
  return at.getTime() >= fromMs;
}
