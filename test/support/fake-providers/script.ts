import type { Asked } from './asked.ts';

/** What a fake provider is to answer, in words no vendor owns; each fake renders it in its own wire format. */
export interface Script {
  text?: string;
  /** Shown where the vendor shows reasoning: not in OpenAI's chat completions, which only count it. */
  reasoning?: string;
  /** Anthropic's `signature`, Gemini's `thoughtSignature`, OpenAI's `encrypted_content`. */
  reasoningSignature?: string;
  /** Anthropic's `redacted_thinking`; the others have nothing like it and leave it out. */
  redactedThinking?: string;
  toolCalls?: readonly ScriptedToolCall[];
  /** The words of the refusal. With `text` too, the model had begun to speak. */
  refusal?: string;
  finish?: Finish;
  usage?: Partial<TokenCounts> | 'none' | RawUsage;
  /** Into how many pieces a streamed text is cut; by itself one for every four characters. */
  chunks?: number;
  chunkDelayMs?: number;
  /** Sent as it stands, whatever was asked. A string is not quoted. */
  raw?: RawAnswer;
}

export interface ScriptedToolCall {
  id?: string;
  name: string;
  arguments: Record<string, unknown>;
  /** Gemini's `thoughtSignature` of this call. */
  signature?: string;
}

export type Finish = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'stop-sequence';

/** As the gateway counts: input with cached and cache-write tokens, output with reasoning, whatever the vendor's habit. */
export interface TokenCounts {
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** Stands in the answer as it is, where the vendor has its usage object. */
export interface RawUsage {
  raw: unknown;
}

export interface RawAnswer {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** A script, or a way to make one from what was asked. */
export type Reply = Script | ((asked: Asked) => Script);
