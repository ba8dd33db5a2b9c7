import type { Asked } from './asked.ts';
import { defaultScript } from './default-script.ts';
import type { Fault } from './fault.ts';
import type { Finish, Script, TokenCounts } from './script.ts';

/** A script applied to a request: everything a vendor needs to render, and nothing of any vendor. */
export interface Answer {
  asked: Asked;
  /** Counts up with every answer of a fake; ids are made of it. */
  serial: string;
  createdAtSeconds: number;
  text: string | undefined;
  reasoning: string | undefined;
  reasoningSignature: string;
  redactedThinking: string | undefined;
  toolCalls: readonly AnsweredToolCall[];
  refusal: string | undefined;
  finish: Finish;
  stopSequence: string | undefined;
  /** What is billed. */
  counts: TokenCounts;
  /** What is told of it, given the vendor's usage object; undefined for nothing. */
  report(usage: object): unknown;
  usageTwice: boolean;
  /** Cuts a streamed text into its pieces. */
  pieces(text: string): string[];
}

export interface AnsweredToolCall {
  id: string | undefined;
  name: string;
  arguments: Record<string, unknown>;
  json: string;
  signature: string | undefined;
}

const tokensOf = (characters: number): number => Math.ceil(characters / 4);

export interface Composition {
  asked: Asked;
  script: Script;
  fault: Fault | undefined;
  serial: string;
  vendor: string;
}

export function composeAnswer({ asked, script: given, fault, serial, vendor }: Composition): Answer {
  const script = asWhole(given, asked);
  const toolCalls = (script.toolCalls ?? []).map((call) => ({
    id: call.id,
    name: call.name,
    arguments: call.arguments,
    json: JSON.stringify(call.arguments),
    signature: call.signature,
  }));
  const huge = fault?.kind === 'huge-chunk' ? 'x'.repeat(fault.characters ?? 10_000_000) : undefined;
  const said = huge === undefined ? bounded(script, asked) : { text: huge };
  const counts = countsOf({ ...script, ...said }, asked, toolCalls);
  return {
    asked,
    serial,
    createdAtSeconds: Math.floor(Date.now() / 1000),
    text: said.text,
    reasoning: script.reasoning,
    // Base64 as Google demands it of its own, and recognisable when it turns up at another vendor.
    reasoningSignature:
      script.reasoningSignature ?? (script.reasoning === undefined ? '' : signatureOf(vendor, serial)),
    redactedThinking: script.redactedThinking,
    toolCalls,
    refusal: script.refusal,
    finish: said.finish ?? script.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'),
    stopSequence: said.stopSequence,
    counts,
    report: reportOf(script, fault),
    usageTwice: fault?.kind === 'usage' && fault.usage === 'twice',
    pieces: (text) => piecesOf(text, huge === undefined ? script.chunks : 1),
  };
}

export function signatureOf(vendor: string, serial: string): string {
  return Buffer.from(`signed by the fake ${vendor}, ${serial}`).toString('base64');
}

/** A script that only sets usage or pace still has something to say. */
function asWhole(script: Script, asked: Asked): Script {
  const { text, toolCalls, refusal, finish, reasoning, redactedThinking } = script;
  const silent = [text, toolCalls, refusal, finish, reasoning, redactedThinking].every((part) => part === undefined);
  return silent ? { ...defaultScript(asked), ...script } : script;
}

interface Said {
  text: string | undefined;
  finish?: Finish;
  stopSequence?: string;
}

/** Stop sequences and the ceiling on tokens, as the caller set them. Scripted counts are left to the script. */
function bounded(script: Script, asked: Asked): Said {
  let text = script.text;
  let said: Said = { text };
  if (text === undefined) return said;
  for (const stop of asked.stopSequences) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at < 0) continue;
    text = text.slice(0, at);
    said = { text, finish: 'stop-sequence', stopSequence: stop };
  }
  if (asked.maxTokens === undefined || script.usage !== undefined || script.finish !== undefined) return said;
  const left = Math.max(0, asked.maxTokens - tokensOf(script.reasoning?.length ?? 0));
  return tokensOf(text.length) > left ? { text: text.slice(0, left * 4), finish: 'length' } : said;
}

function countsOf(script: Script, asked: Asked, toolCalls: readonly AnsweredToolCall[]): TokenCounts {
  const scripted = typeof script.usage === 'object' && !('raw' in script.usage) ? script.usage : {};
  const reasoningTokens = scripted.reasoningTokens ?? tokensOf(script.reasoning?.length ?? 0);
  const called = toolCalls.reduce((sum, { name, json }) => sum + tokensOf(name.length + json.length), 0);
  const said = tokensOf((script.text?.length ?? 0) + (script.refusal?.length ?? 0)) + called;
  return {
    inputTokens: scripted.inputTokens ?? Math.max(1, tokensOf(asked.inputCharacters)),
    cachedTokens: scripted.cachedTokens ?? 0,
    cacheWriteTokens: scripted.cacheWriteTokens ?? 0,
    outputTokens: scripted.outputTokens ?? said * asked.choices + reasoningTokens,
    reasoningTokens,
  };
}

function reportOf(script: Script, fault: Fault | undefined): Answer['report'] {
  const { usage } = script;
  if (usage === 'none') return () => undefined;
  if (typeof usage === 'object' && 'raw' in usage) return () => usage.raw;
  if (fault?.kind !== 'usage') return (told) => told;
  switch (fault.usage) {
    case 'none':
      return () => undefined;
    case 'negative':
      return (told) => mapNumbers(told, (count) => -1 - count);
    case 'strings':
      return (told) => mapNumbers(told, String);
    case 'huge':
      return (told) => mapNumbers(told, () => 1e18);
    case 'twice':
      return (told) => told;
  }
}

function mapNumbers(value: unknown, change: (count: number) => unknown): unknown {
  if (typeof value === 'number') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapNumbers(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapNumbers(item, change)]));
}

/** By characters, never through the middle of one: the vendors stream whole characters. */
function piecesOf(text: string, chunks: number | undefined): string[] {
  if (text === '') return [];
  const characters = [...text];
  const count = Math.min(chunks ?? Math.ceil(characters.length / 4), characters.length);
  if (count <= 1) return [text];
  return Array.from({ length: count }, (_, i) =>
    characters
      .slice(Math.floor((i * characters.length) / count), Math.floor(((i + 1) * characters.length) / count))
      .join(''),
  );
}
