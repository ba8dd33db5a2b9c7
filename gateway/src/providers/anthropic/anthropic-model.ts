/**
 * The abilities in which Claudes differ, read off the name. Anthropic answers a 400 to a parameter the model does not
 * take, so these few patterns are known by hand, from https://platform.claude.com/docs/en/about-claude/models/overview and the
 * migration guide of each generation. An unknown Claude is treated as one of the newest.
 */
export interface ClaudeModel {
  thinking: ClaudeThinking;
  /** The words it knows for `output_config.effort`; none: "This model does not support the effort parameter." */
  efforts: readonly string[];
  /** Takes `temperature` and `top_p` at once: "`temperature` and `top_p` cannot both be specified for this model" from 4.1 on. */
  bothSamplings: boolean;
  /** Takes a JSON Schema for its answer (`output_config.format`). */
  schemas: boolean;
  /** Lets the caller force a call: from 5.1 on `tool_choice: type "tool" and "any" are not supported for this model`. */
  forcedTools: boolean;
  /** Heeds `temperature`, `top_p` and `top_k`. */
  sampling: boolean;
  /** Goes on with a last turn of the assistant's; later ones: "The conversation must end with a user message". */
  prefill: boolean;
  /** Takes turns of the system in a conversation; those before 4.8: "role 'system' is not supported on this model". */
  systemTurns: boolean;
  /** The most tokens it answers; a higher `max_tokens` is refused. */
  answerTokensMax: number;
}

export type ClaudeThinking =
  | { kind: 'none' }
  /** The most tokens, when asked to. */
  | { kind: 'budget' }
  /**
   * Decides itself how long, guided by an effort. `off` is how one keeps it from thinking: it does not unless asked, it has a
   * word for it, or it cannot be kept from it.
   */
  | {
      kind: 'adaptive';
      off: 'unasked' | 'disabled' | 'between_tools' | 'never';
      xhigh: boolean;
      /** Still takes a budget in tokens: "thinking.type.enabled is not supported for this model" from 4.7 on. */
      budgets: boolean;
    };

export function claudeModel(name: string): ClaudeModel {
  const { family, generation } = generationOf(name);
  return {
    thinking: thinkingOf(family, generation),
    efforts: effortsOf(family, generation),
    bothSamplings: generation < version(4, 1) || generation === foreign,
    schemas: generation >= version(4, 5) && generation !== foreign,
    forcedTools: generation < version(5, 1) || family === 'haiku' || generation === foreign,
    sampling: generation < version(4, 7) || generation === foreign,
    prefill: generation < version(4, 6) || generation === foreign,
    systemTurns: generation >= version(4, 8) && generation !== foreign,
    answerTokensMax: answerTokensMaxOf(family, generation),
  };
}

/** Behind an API like Anthropic's there may be another vendor's model. */
export function isClaude(name: string): boolean {
  return name.includes('claude');
}

const foreign = Number.POSITIVE_INFINITY;
const newest = Number.MAX_SAFE_INTEGER;

/** `claude-3-5-haiku-20241022` as well as `claude-haiku-4-5`; a date is no version. */
function generationOf(name: string): { family: string; generation: number } {
  if (/claude-(v\d|instant)/.test(name)) return { family: '', generation: version(1) };
  const match = /claude-(?:([a-z]+)-)?(\d+)(?:[-.](\d{1,2})(?!\d))?(?:-([a-z]+))?/.exec(name);
  if (match === null) return { family: '', generation: isClaude(name) ? newest : foreign };
  const [, before, major, minor, after] = match;
  return { family: before ?? after ?? '', generation: version(Number(major), Number(minor ?? 0)) };
}

function version(major: number, minor = 0): number {
  return major * 100 + minor;
}

function thinkingOf(family: string, generation: number): ClaudeThinking {
  if (generation < version(3, 7)) return { kind: 'none' };
  if (generation < version(4, 6) || generation === foreign) return { kind: 'budget' };
  return {
    kind: 'adaptive',
    off: offOf(family, generation),
    xhigh: generation >= version(4, 7),
    budgets: generation < version(4, 7),
  };
}

/** Opus 4.5 came with it; `max` came with 4.6, `xhigh` with 4.7. */
function effortsOf(family: string, generation: number): readonly string[] {
  if (generation === foreign || generation < version(4, 5)) return [];
  if (generation < version(4, 6)) return family === 'opus' ? ['low', 'medium', 'high'] : [];
  return generation < version(4, 7) ? ['low', 'medium', 'high', 'max'] : ['low', 'medium', 'high', 'xhigh', 'max'];
}

function offOf(family: string, generation: number): Extract<ClaudeThinking, { kind: 'adaptive' }>['off'] {
  if (generation < version(5)) return 'unasked';
  if (family === 'haiku') return 'disabled';
  if (family === 'sonnet') return generation < version(5, 5) ? 'disabled' : 'between_tools';
  return family === 'opus' && generation < version(5, 5) ? 'disabled' : 'never';
}

function answerTokensMaxOf(family: string, generation: number): number {
  if (generation === foreign) return Number.POSITIVE_INFINITY;
  if (generation < version(3, 5)) return 4_096;
  if (generation < version(3, 7)) return 8_192;
  if (family === 'opus' && generation < version(4, 5)) return 32_000;
  return generation < version(4, 6) ? 64_000 : 128_000;
}

/** Undefined where another vendor's model answers. */
export function claudeAnswerCeiling(name: string): number | undefined {
  const { answerTokensMax } = claudeModel(name);
  return Number.isFinite(answerTokensMax) ? answerTokensMax : undefined;
}
