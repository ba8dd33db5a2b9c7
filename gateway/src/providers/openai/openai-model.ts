import type { NeutralCall, ReasoningEffort } from '../../dialects/neutral.ts';

/**
 * The parameters that one model of OpenAI takes and another refuses, read off the name. OpenAI answers a 400 to a parameter the model does not
 * take. The rules come from https://developers.openai.com/api/docs/guides/reasoning, the page of each model, and the errors quoted
 * in the tests' fake OpenAI. A name that is not known counts as one of the newest family.
 */
export interface OpenAiModel {
  /** The words it knows for how hard to think, from least to most. None: nothing of thinking is sent. */
  efforts: readonly ReasoningEffort[];
  /** Knows `max` too, on `/v1/responses` only. */
  maxInResponses: boolean;
  /** How hard it thinks when nobody says. `none`: it does not think unasked; undefined: it never does. */
  unasked: ReasoningEffort | undefined;
  /** Sums its thoughts up concisely: "`concise` is supported for all reasoning models after `gpt-5`". */
  concise: boolean;
  /** Has more than the standard `reasoning.mode`. */
  modes: boolean;
  /** When it takes `temperature`, `top_p` and log probabilities. */
  sampling: 'always' | 'without thoughts' | 'never';
  /** Takes `stop`, penalties and `logit_bias`. */
  stops: boolean;
  /** Takes `verbosity` other than `medium`. */
  verbosity: boolean;
  /** Takes `parallel_tool_calls` on the chat endpoint. */
  parallel: boolean;
  /** Knows `max_tokens`; the others know `max_completion_tokens` only, which all of them know. */
  olderCeiling: boolean;
  /** Takes `web_search_options`, and little else. */
  searches: boolean;
  /** Takes a predicted answer. */
  predictions: boolean;
  /** Served on `/v1/responses` only: "This model is only supported in v1/responses and not in v1/chat/completions." */
  responsesOnly: boolean;
  /** Takes function tools on the chat endpoint while it thinks. */
  toolsInChat: boolean;
  /**
   * Tells its words on the way from its answer: "For models like `gpt-5.3-codex` and beyond, when sending follow-up requests, preserve and
   * resend phase on all assistant messages — dropping it can degrade performance" (`ResponseOutputMessage` of openai 7.59.0).
   */
  phases: boolean;
}

const rememberedMax = 500;
const remembered = new Map<string, OpenAiModel>();

export function openAiModel(name: string): OpenAiModel {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const model = describe(name.replace(/^ft:/, ''));
  // Names come from callers: the number kept is bounded.
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(name, model);
  return model;
}

/** The first pattern that fits gives the words. */
const efforts: readonly (readonly [RegExp, readonly ReasoningEffort[]])[] = [
  [/^o1-(mini|preview)/, []],
  [/deep-research|computer-use/, ['medium']],
  // "Unsupported value: 'medium' is not supported with the 'gpt-5-pro' model. Supported values are: 'high'."
  [/^gpt-5-pro/, ['high']],
  [/^gpt-\d.*-pro\b/, ['medium', 'high', 'xhigh']],
  // The models of ChatGPT take their own and no other.
  [/chat/, ['medium']],
  [/^(o\d|codex)|^gpt-5(\.1)?-codex(?!-max)/, ['low', 'medium', 'high']],
  [/codex/, ['low', 'medium', 'high', 'xhigh']],
  [/^gpt-5(?!\.)/, ['minimal', 'low', 'medium', 'high']],
  [/^gpt-5\.1/, ['none', 'low', 'medium', 'high']],
  // "OpenAI rejects `none` and `minimal` on it, and accepts `max` only on the Responses API." So does 6.2, by its page of 17 November 2026.
  [/^gpt-[\d.]+-astra/, ['low', 'medium', 'high', 'xhigh']],
  [/./, ['none', 'low', 'medium', 'high', 'xhigh']],
];

/** Before the models that think. */
const older = /^(gpt-3\.5|gpt-4|chatgpt-4o|gpt-audio|davinci|babbage|gpt-5-chat)/;

const plain: OpenAiModel = {
  efforts: [],
  maxInResponses: false,
  unasked: undefined,
  concise: false,
  modes: false,
  sampling: 'always',
  stops: true,
  verbosity: false,
  parallel: true,
  olderCeiling: true,
  searches: false,
  predictions: true,
  responsesOnly: false,
  toolsInChat: true,
  phases: false,
};

function describe(name: string): OpenAiModel {
  const olderCeiling = !name.startsWith('gpt-5');
  if (/search-(api|preview)/.test(name))
    return { ...plain, sampling: 'never', stops: false, searches: true, predictions: false, olderCeiling };
  if (older.test(name)) return { ...plain, olderCeiling };
  const words = efforts.find(([pattern]) => pattern.test(name))?.[1] ?? [];
  const series = /^o\d/.test(name);
  const generation = generationOf(name);
  const quiet = words.includes('none');
  return {
    efforts: words,
    maxInResponses: generation >= version(5, 6) && words.length > 3,
    // 5.1 to 5.4 do not think unless asked; from 5.5 on the default is `medium`.
    unasked: quiet && generation < version(5, 5) ? 'none' : (words.find((word) => word === 'medium') ?? 'high'),
    concise: generation > version(5) || name.startsWith('computer-use'),
    modes: generation >= version(5, 6),
    sampling: quiet ? 'without thoughts' : 'never',
    stops: false,
    verbosity: !series && !/codex|chat/.test(name),
    parallel: !series,
    olderCeiling: false,
    searches: false,
    predictions: false,
    responsesOnly: /-pro\b|-law\b|codex|deep-research|computer-use|cyber|rosalind|daybreak/.test(name),
    toolsInChat: series || generation < version(5, 4) || name.includes('chat'),
    phases: name.startsWith('gpt-5.3-codex') || (name.startsWith('gpt-') && generation >= version(5, 4)),
  };
}

/** `gpt-5.1-mini`, `gpt-6-sol`; a name without a number is one of the newest, the o-series is older than GPT-5. */
function generationOf(name: string): number {
  const [, major, minor] = /^gpt-(\d+)(?:\.(\d+))?/.exec(name) ?? [];
  if (major !== undefined) return version(Number(major), Number(minor ?? 0));
  return /^(o\d|codex)/.test(name) ? version(4) : Number.POSITIVE_INFINITY;
}

function version(major: number, minor = 0): number {
  return major * 100 + minor;
}

/**
 * Another maker's model behind an address that speaks as OpenAI does (`OPENAI_BASE_URL`, a provider of kind `openai`): what it takes
 * nobody here knows.
 */
export function isForeign(name: string): boolean {
  return /\/|gpt-oss|llama|qwen|mistral|mixtral|deepseek|gemma|gemini|claude|grok|kimi|glm|phi-|falcon|command-/i.test(
    name,
  );
}

type Reasoning = NeutralCall['reasoning'];

const ranks: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

export type OpenAiEndpoint = 'chat' | 'responses';

/** How hard to think in a word the model knows, or the nearest. A budget in tokens, as Anthropic has it, becomes a word too. */
export function effortFor(
  reasoning: Reasoning,
  model: string,
  endpoint: OpenAiEndpoint = 'chat',
): ReasoningEffort | undefined {
  const asked = reasoning?.effort ?? wordFor(reasoning?.budgetTokens);
  if (asked === undefined) return undefined;
  const { efforts: words, maxInResponses } = openAiModel(model);
  if (asked === 'max' && endpoint === 'responses' && maxInResponses) return 'max';
  const rank = (effort: ReasoningEffort): number => ranks.indexOf(effort);
  return words.find((word) => rank(word) >= rank(asked)) ?? words.at(-1);
}

/** Will the model think over this call? */
export function thinks(reasoning: Reasoning, model: string): boolean {
  return (effortFor(reasoning, model) ?? openAiModel(model).unasked ?? 'none') !== 'none';
}

/** `temperature`, `top_p` and log probabilities. */
export function takesSampling({ sampling }: OpenAiModel, thinking: boolean): boolean {
  return sampling === 'always' || (sampling === 'without thoughts' && !thinking);
}

function wordFor(budgetTokens: number | undefined): ReasoningEffort | undefined {
  if (budgetTokens === undefined) return undefined;
  return budgetTokens < 4_096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high';
}

/**
 * Must the call go to `/v1/responses`, whatever dialect it came in? Where the model is served nowhere else, where only that endpoint
 * knows `max`, and where it thinks and has function tools from GPT-5.4 on: "Function tools with reasoning_effort are not supported
 * for gpt-5.6-terra in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'."
 */
export function needsResponses({ tools, reasoning }: Pick<NeutralCall, 'tools' | 'reasoning'>, model: string): boolean {
  if (isForeign(model)) return false;
  const { responsesOnly, toolsInChat, maxInResponses } = openAiModel(model);
  return (
    responsesOnly ||
    (maxInResponses && reasoning?.effort === 'max') ||
    (!toolsInChat && tools.length > 0 && thinks(reasoning, model))
  );
}

/** "Invalid 'user': string too long. Expected a string with maximum length 64" */
export const userLengthMax = 64;

/** Undefined for a name that no row knows. */
export function openAiAnswerCeiling(model: string): number | undefined {
  return answerCeilings.find(([pattern]) => pattern.test(model))?.[1];
}

/** The first row that fits counts. */
const answerCeilings: readonly (readonly [RegExp, number])[] = [
  [/^gpt-3\.5/, 4_096],
  [/^gpt-4o-2024-05-13/, 4_096],
  [/^(chatgpt-4o|gpt-4o|gpt-4\.5|gpt-5[\d.]*-chat)/, 16_384],
  [/^gpt-4\.1/, 32_768],
  [/^gpt-4-(turbo|0125|1106|vision|preview)/, 4_096],
  [/^gpt-4/, 8_192],
  [/^o1-preview/, 32_768],
  [/^o1-mini/, 65_536],
  [/^o\d/, 100_000],
  [/^gpt-[5-9]/, 128_000],
];
