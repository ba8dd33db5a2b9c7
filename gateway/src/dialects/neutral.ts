/**
 * The neutral call: what any client asked, in words no dialect owns. Dialects read a request into it and write answers
 * from it; adapters translate it to and from a provider. Everything here is a plain, pure value.
 */
import type { AccountKind } from '@ai-gateway/shared/provider-kinds';

export type JsonObject = { [key: string]: unknown };

export type DialectId = 'chat' | 'responses' | 'messages';

/** The API of a provider account. `sandbox` is built in and answers inside the process. */
export type ProviderKind = AccountKind | 'sandbox';

export type Part =
  | {
      kind: 'text';
      text: string;
      /** Anthropic's prompt-cache mark on this block, carried along untouched; other providers cache by themselves. */
      cacheControl?: unknown;
    }
  | {
      kind: 'image';
      source: ImageSource /** OpenAI's `low` | `high` | `auto`. */;
      detail?: string;
      cacheControl?: unknown;
    }
  | { kind: 'file'; mediaType: string /** base64 */; data: string; filename?: string; cacheControl?: unknown }
  /** A document given by its address. */
  | { kind: 'file-url'; url: string; filename?: string; cacheControl?: unknown }
  /** `format` as OpenAI has it: `wav`, `mp3`. */
  | { kind: 'audio'; format: string /** base64 */; data: string; cacheControl?: unknown }
  | ReasoningPart
  | ToolCallPart
  | { kind: 'tool-result'; toolCallId: string; content: readonly Part[]; isError?: boolean; cacheControl?: unknown }
  | { kind: 'refusal'; text: string };

export type ImageSource =
  | { kind: 'url'; url: string }
  | { kind: 'data'; mediaType: string /** base64, without the `data:` prefix */; data: string };

/**
 * A model's reasoning, kept so that the next turn can hand it back. `signature` is the provider's own opaque proof
 * (Anthropic `signature`, Gemini `thoughtSignature`, OpenAI `encrypted_content`) and means something only to the
 * provider kind that made it: an adapter leaves out reasoning signed by another.
 */
export interface ReasoningPart {
  kind: 'reasoning';
  text: string;
  signature?: string;
  signedBy?: ProviderKind;
  /** Anthropic `redacted_thinking`: the opaque `data`; `text` is empty then. */
  redacted?: string;
  /** The dialect's item id (`rs_…` on responses), when it had one. */
  id?: string;
}

export interface ToolCallPart {
  kind: 'tool-call';
  id: string;
  name: string;
  /** JSON text, exactly as the model wrote it (it may be broken JSON). Empty arguments are `{}`. */
  arguments: string;
  /** Gemini's thought signature of this call; must come back with it. */
  signature?: string;
  cacheControl?: unknown;
}

export interface Message {
  /** `tool` messages hold only `tool-result` parts; `developer` is read as `system`. */
  role: 'system' | 'user' | 'assistant' | 'tool';
  parts: readonly Part[];
  /** OpenAI's participant `name`. */
  name?: string;
}

export interface Tool {
  name: string;
  description?: string;
  /** JSON Schema of the arguments; `{type:'object',properties:{}}` when the caller gave none. */
  parameters: JsonObject;
  strict?: boolean;
  cacheControl?: unknown;
  /** Of a tool in a form that only OpenAI's responses have. */
  origin?: ToolOrigin;
}

/** How the caller names a tool whose `name` the gateway has made. */
export interface ToolOrigin {
  namespace?: string;
  name: string;
  /** Takes free text, where functions take an object. */
  isCustom?: true;
  /** The tool, or the namespace around it, as it came. */
  given: JsonObject;
}

export type ToolChoice = { kind: 'auto' } | { kind: 'none' } | { kind: 'required' } | { kind: 'tool'; name: string };

export type OutputFormat =
  | { kind: 'text' }
  | { kind: 'json' }
  | { kind: 'json-schema'; name: string; schema: JsonObject; strict?: boolean; description?: string };

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface NeutralCall {
  dialect: DialectId;
  /** As the caller wrote it: `gpt-4o`, `anthropic/claude-…`, `auto`. */
  model: string;
  stream: boolean;
  /** Did the caller ask for usage in the stream? Always true for messages and responses. */
  streamUsage: boolean;
  /** In order. System text may stand anywhere; adapters that have one system field gather it. */
  messages: readonly Message[];
  tools: readonly Tool[];
  toolChoice?: ToolChoice;
  /** OpenAI's `allowed_tools`: of the tools only these may be called; `toolChoice` says whether one must. */
  allowedTools?: readonly string[];
  parallelToolCalls?: boolean;
  output: OutputFormat;
  /** The ceiling on answer tokens, reasoning included, under whatever name the dialect has for it. */
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  stop: readonly string[];
  seed?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  logprobs?: boolean;
  topLogprobs?: number;
  /** How many choices (chat `n`); translated calls answer one. */
  choices?: number;
  reasoning?: {
    effort?: ReasoningEffort /** Anthropic/Gemini budget, in tokens. */;
    budgetTokens?: number /** Show the reasoning (summary)? */;
    visible?: boolean;
  };
  /** End-user id (`user`, `safety_identifier`, Anthropic `metadata.user_id`). */
  user?: string;
  serviceTier?: string;
  /** Top-level fields of the body nobody here reads: relayed in the same dialect, dropped and named in another. */
  extra: JsonObject;
  /** Features no other dialect has (`previous_response_id`, hosted tools …): only a provider of this dialect can honour them. */
  onlyNative: readonly string[];
  /** Undefined for most calls. */
  extras?: CallExtras | undefined;
}

/** The costs of a call beside the tokens of its input and its answer. */
export interface CallExtras {
  /** The most uses of a vendor's own tools. */
  webSearches: number;
  fileSearches: number;
  /** Sound comes in or goes out, at rates of its own. */
  sound: boolean;
  /** The most tokens of a predicted answer. */
  predictedTokens: number;
  /** The vendor may sum up the conversation first: a call of its own, over the same input (Anthropic's compaction). */
  compacts: boolean;
  /** Names of what no price is known of. */
  unpriced: readonly string[];
}

/**
 * Tokens, counted the same for every provider: `inputTokens` includes cached and cache-write tokens, `outputTokens`
 * includes reasoning tokens.
 */
export interface Usage {
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  /** Those of the `cacheWriteTokens` that are kept for an hour (Anthropic's `ephemeral_1h_input_tokens`) and cost more. */
  longCacheWriteTokens?: number;
  /** Uses of the vendor's own tools that are billed by the use. */
  webSearches?: number;
  fileSearches?: number;
  /** Those of the tokens that are sound. */
  soundInputTokens?: number;
  /** Those of the sound that came from the cache. */
  soundCachedTokens?: number;
  soundOutputTokens?: number;
  /** The vendor served the call faster, elsewhere or later, and so at another price: in hundredths of the usual one. */
  rateHundredths?: number;
  /** Something was used that no price is known of. */
  isUnpriced?: boolean;
  /** Other models that the answering one has asked for advice (Anthropic's advisor tool): not in the counts, and at prices of their own. */
  advice?: readonly Advice[];
  outputTokens: number;
  reasoningTokens: number;
}

export interface Advice {
  model: string;
  usage: Usage;
}

export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'tool-calls'
  /** The provider's filter cut the answer. */
  | 'content-filter'
  /** The model itself declined (Anthropic `refusal`). */
  | 'refusal'
  /** Anthropic `pause_turn`: a long server-side turn may be continued. */
  | 'pause';

export type AnswerPart =
  | {
      kind: 'text';
      text: string /** OpenAI-style annotations (citations), carried along. */;
      annotations?: readonly unknown[];
    }
  | { kind: 'refusal'; text: string }
  | ReasoningPart
  | ToolCallPart;

export interface Answer {
  /** The provider's id of the answer. */
  id: string;
  /** The model that answered, in the provider's words. */
  model: string;
  parts: readonly AnswerPart[];
  finish: FinishReason;
  stopSequence?: string;
  /** Absent when the provider reported none, or nonsense (negative, not a number). An explicit zero is zero. */
  usage?: Usage;
  /** OpenAI's `logprobs` object of the choice, when asked for and given. */
  logprobs?: unknown;
}

/**
 * A step of a streamed answer. A well-formed stream is: `start`, then any number of parts, then `finish`, with `usage`
 * anywhere (the last one counts; providers report it at the start, the end or twice). Tool calls are numbered from 0 in the
 * order they begin; parts may interleave only as far as the providers do it.
 */
export type StreamEvent =
  | { kind: 'start'; id: string; model: string }
  | { kind: 'text'; text: string; logprobs?: unknown }
  | { kind: 'refusal'; text: string }
  | { kind: 'reasoning'; text: string }
  /** Ends the reasoning part under way with its proof, or stands alone for a redacted one. */
  | { kind: 'reasoning-end'; signature?: string; signedBy?: ProviderKind; redacted?: string }
  | { kind: 'tool-call'; index: number; id: string; name: string; signature?: string }
  | { kind: 'tool-arguments'; index: number; text: string }
  | { kind: 'finish'; reason: FinishReason; stopSequence?: string }
  /** `isPartial`: more output may follow; the input is whole. */
  | { kind: 'usage'; usage: Usage; isPartial?: boolean }
  /** The provider said, inside the stream, that it failed. Nothing follows. */
  | { kind: 'error'; message: string /** The event it was read from, as JSON text. */; body?: string };

/** A server-sent event, as `eventsource-parser` gives it. */
export interface ServerSentEvent {
  event?: string | undefined;
  data: string;
}
