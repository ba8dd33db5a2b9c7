import type { Json } from './json.ts';

/** What a request asks for, read off the vendor's wire format: all that an answer depends on. */
export interface Asked {
  model: string;
  /** The user's last words. */
  prompt: string;
  /** What the tools just said, where the request ends with their results. */
  toolResults: readonly string[];
  /** Characters of all text that was sent, for the count of input tokens. */
  inputCharacters: number;
  stream: boolean;
  tools: readonly AskedTool[];
  /** Must a tool be called? By name, or whichever. */
  mustCall: { name: string } | 'any' | undefined;
  mayCall: boolean;
  parallelCalls: boolean;
  /** The schema the answer must fit; `{}` for JSON of any kind. */
  outputSchema: Json | undefined;
  maxTokens: number | undefined;
  stopSequences: readonly string[];
  choices: number;
  /** Does the model think before it speaks? */
  reasons: boolean;
  /** How many likelier tokens beside each; undefined where no log probabilities were asked for. */
  topLogprobs: number | undefined;
}

export interface AskedTool {
  name: string;
  schema: Json;
}
