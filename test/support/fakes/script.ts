/** The answer of a fake provider, independent of a vendor; each fake renders it in its own wire format. */
export interface Script {
  text?: string;
  reasoning?: string;
  reasoningSignature?: string;
  toolCalls?: readonly { id?: string; name: string; arguments: Record<string, unknown>; signature?: string }[];
  refusal?: string;
  finish?: 'stop' | 'length' | 'tool-calls' | 'content-filter';
  usage?: ScriptUsage | 'none' | { raw: unknown };
  /** Into how many pieces a streamed text is cut. */
  chunks?: number;
  chunkDelayMs?: number;
  /** An answer of so many tokens, or of as many as the request allows. */
  tokens?: number;
  /** Answers and bills `tokens`, also above the request's ceiling. */
  overruns?: boolean;
  /** Answers with this status and the vendor's own words for it, and bills nothing. */
  status?: number;
}

/** Input without cached tokens' discount, output with reasoning: as the gateway counts. */
export interface ScriptUsage {
  input: number;
  cached?: number;
  cacheWrite?: number;
  output: number;
  reasoning?: number;
}

export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: unknown }
  /** Accepts the request and never says a word. */
  | { kind: 'hang' }
  /** Says nothing for a while, then answers. */
  | { kind: 'delay'; ms: number }
  /** Says nothing until `release`, then answers. */
  | { kind: 'held' }
  /** Cuts the socket before a word is said. */
  | { kind: 'reset' }
  /** 200, and then something that is no answer. */
  | { kind: 'body'; body: string; contentType?: string }
  /** A plain answer cut in the middle of its body. */
  | { kind: 'cut-body' }
  /** 200, and then a blank now and then, for ever. */
  | { kind: 'trickle'; everyMs: number }
  /** Streams so many events and cuts the socket. */
  | { kind: 'cut'; afterEvents: number }
  /** Streams so many events, then the vendor's own error event. */
  | { kind: 'error-event'; afterEvents: number }
  /** Streams so many events and then falls silent. */
  | { kind: 'stall'; afterEvents: number };

export interface RecordedRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  json: Record<string, unknown>;
  /** The body as it was sent: what `json` holds has JavaScript's numbers. */
  text?: string;
  /** Set when the caller disconnected before the end of the answer. */
  aborted: boolean;
}

/** Every vendor refuses a body with half a character ("no low surrogate in string", of Anthropic); as reported in claude-code #56064. */
export function hasHalfCharacter({ json }: RecordedRequest): boolean {
  return !everyText(json, (text) => text.isWellFormed());
}

function everyText(value: unknown, is: (text: string) => boolean): boolean {
  if (typeof value === 'string') return is(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => is(key) && everyText(inner, is));
}

/** The fake's own account of what it would bill. */
export interface Bill {
  model: string;
  input: number;
  output: number;
  /** False where the answer broke off. */
  complete: boolean;
}

const numbers = new WeakMap<RecordedRequest, number>();
let counted = 0;

/** A number of its own for each request: vendors never give an id twice. */
export function numberOf(request: RecordedRequest): number {
  const number = numbers.get(request) ?? ++counted;
  numbers.set(request, number);
  return number;
}

export function usageOf(script: Script, prompt: string): ScriptUsage | undefined | { raw: unknown } {
  if (script.usage === 'none') return undefined;
  if (script.usage !== undefined) return script.usage;
  const written = (script.text ?? '') + (script.reasoning ?? '') + JSON.stringify(script.toolCalls ?? '');
  return { input: Math.max(1, Math.ceil(prompt.length / 4)), output: Math.max(1, Math.ceil(written.length / 4)) };
}

export function piecesOf(text: string, chunks = 5): string[] {
  const size = Math.max(1, Math.ceil(text.length / chunks));
  const pieces: string[] = [];
  const characters = [...text];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''));
  return pieces;
}

/** An answer of the length that was asked for; real vendors stop at the request's ceiling, and say `length`. */
export function lengthened(script: Script, request: RecordedRequest, prompt: string): Script {
  if (script.tokens === undefined) return script;
  const {
    max_tokens: chat,
    max_completion_tokens: newer,
    max_output_tokens: responses,
    generationConfig,
  } = request.json as {
    [name: string]: number | undefined;
  } & { generationConfig?: { maxOutputTokens?: number } };
  const ceiling = newer ?? chat ?? responses ?? generationConfig?.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const output = script.overruns === true ? script.tokens : Math.min(script.tokens, ceiling);
  return {
    ...script,
    text: 'word '.repeat(Math.min(output, 2_000)),
    usage: script.usage ?? { input: Math.max(1, Math.ceil(prompt.length / 4)), output },
    ...(output < script.tokens ? { finish: 'length' } : {}),
  };
}
