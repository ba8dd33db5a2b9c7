import { named, type Retirement } from '../retirement.ts';

const opus = 'claude-opus-5-5';

/**
 * When Anthropic stops serving a model, read on 2026-11-29 from https://platform.claude.com/docs/en/about-claude/model-deprecations
 * ("Requests to retired models will fail") and `DEPRECATED_MODELS` of `@anthropic-ai/sdk`.
 */
export const anthropicRetirements: readonly Retirement[] = [
  { names: /^claude-(v1|1|instant)([.-][\w.]+)?$/, on: '2024-11-06' },
  { names: /^claude-v?2([.:-][\w.]+)?$/, on: '2025-07-21' },
  { names: named('claude-3-sonnet'), on: '2025-07-21' },
  { names: named('claude-3[.-]5-sonnet'), on: '2025-10-28' },
  { names: named('claude-3-opus'), on: '2026-01-05', successor: opus },
  { names: named('claude-3[.-]7-sonnet', 'claude-sonnet-3[.-]7'), on: '2026-02-19' },
  { names: named('claude-3[.-]5-haiku'), on: '2026-02-19' },
  { names: named('claude-3-haiku'), on: '2026-04-20' },
  { names: named('claude-sonnet-4(-0)?', 'claude-4-sonnet'), on: '2026-06-15' },
  { names: named('claude-opus-4(-0)?', 'claude-4-opus'), on: '2026-06-15', successor: opus },
  { names: named('claude-opus-4[.-]1'), on: '2026-08-05', successor: opus },
  { names: named('claude-sonnet-4[.-]5'), on: '2026-11-30' },
  { names: named('claude-opus-4[.-]5', 'claude-4[.-]5-opus'), on: '2027-01-22', successor: opus },
];
