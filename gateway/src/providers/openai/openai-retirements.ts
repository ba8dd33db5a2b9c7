import { named, type Retirement } from '../retirement.ts';

const pro = 'gpt-5.5-pro';
const codex = 'gpt-5.3-codex';

/**
 * When OpenAI stops serving a model, read on 2026-11-29 from https://developers.openai.com/api/docs/deprecations ("At the time of the
 * shut down, the model or endpoint will no longer be accessible"), the same dates as `shutdown_date` in OpenAI's `GET /v1/models`.
 */
export const openaiRetirements: readonly Retirement[] = [
  {
    names: named('ada', 'babbage', 'curie', 'davinci', 'text-[a-z]+-00[123]'),
    on: '2024-01-04',
  },
  { names: /^gpt-3\.5(-turbo)?-0301$/, on: '2024-06-13' },
  { names: /^gpt-3\.5-turbo-(0613|16k(-0613)?)$|^gpt-35-turbo-16k(-0613)?$/, on: '2024-09-13' },
  { names: named('gpt-4-vision-preview', 'gpt-4-1106-vision-preview'), on: '2024-12-06' },
  { names: /^gpt-4-32k(-0314|-0613)?$/, on: '2025-06-06' },
  { names: named('gpt-4[.]5-preview'), on: '2025-07-14' },
  { names: named('o1-preview'), on: '2025-07-28' },
  { names: named('o1-mini'), on: '2025-10-27' },
  { names: named('codex-mini'), on: '2026-02-12', successor: codex },
  { names: /^chatgpt-4o-latest$/, on: '2026-02-17' },
  { names: /^gpt-4-(0314|1106-preview|0125-preview|turbo-preview)$/, on: '2026-03-26' },
  {
    names: named('gpt-4o(-mini)?-search-preview', 'computer-use-preview', 'gpt-5([.]1)?-chat'),
    on: '2026-07-23',
  },
  {
    names: named('gpt-5([.]2)?-codex', 'gpt-5[.-]1-codex(-max|-mini)?'),
    on: '2026-07-23',
    successor: codex,
  },
  { names: named('o3-deep-research', 'o4-mini-deep-research'), on: '2026-07-23', successor: pro },
  { names: named('gpt-5[.-][23]-chat'), on: '2026-08-10' },
  { names: named('gpt-3.5-turbo-1106', 'gpt-3.5-turbo-instruct'), on: '2026-09-28' },
  { names: /^(gpt-3\.5-turbo|gpt-35-turbo)(-0125)?$/, on: '2026-10-23' },
  { names: /^gpt-4(-0613|-turbo|-turbo-2024-04-09)?$/, on: '2026-10-23' },
  { names: /^gpt-4o-2024-05-13$/, on: '2026-10-23' },
  { names: named('o1', 'o3-mini', 'o3-mini-high', 'o4-mini', 'o4-mini-high'), on: '2026-10-23' },
  { names: named('o1-pro'), on: '2026-10-23', successor: pro },
  { names: named('gpt-4[.]1-nano'), on: '2026-10-23' },
  { names: named('gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'o3'), on: '2026-12-11' },
  { names: named('gpt-5-pro', 'o3-pro'), on: '2026-12-11', successor: pro },
  {
    names: /^(gpt-4o(-2024-(08-06|11-20))?|gpt-4o-mini(-2024-07-18)?|gpt-4\.1(-mini)?(-2025-04-14)?)$/,
    on: '2027-01-14',
  },
  { names: named('gpt-5[.-]1', 'gpt-5[.-]4-nano'), on: '2027-04-01' },
  { names: named('gpt-5[.-]3-codex'), on: '2027-04-01', successor: pro },
];
