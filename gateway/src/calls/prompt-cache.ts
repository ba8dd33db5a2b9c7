import { createHmac, hash } from 'node:crypto';
import { parseExactObject, writeExact } from '../dialects/exact-json.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { isClaude } from '../providers/anthropic/anthropic-model.ts';
import { lastClosedTurn, leastCachedTokens, withMarks } from '../providers/anthropic/prompt-marks.ts';
import { providerOf } from '../providers/providers.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { CallDecision } from '../usage/call-record.ts';
import type { ModelCall } from './model-call.ts';

/** The beginnings of prompts that were sent to Anthropic lately, and so may be read again, and the keys for OpenAI that were made lately. */
export class SeenPrefixes {
  readonly #seen = new Map<string, number>();
  readonly #keys = new Map<string, string>();

  /** The key of a session, or of a version of a prompt, in a workspace: making one takes longer than deciding a call. */
  keyFor(secret: string, { workspaceId, session, prompt }: CallsAlike): string {
    const name = session === undefined ? `${workspaceId} p ${prompt}` : `${workspaceId} s ${session}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const place = JSON.stringify(['prompt-cache-key', workspaceId, session ?? null, prompt ?? null]);
    const key = createHmac('sha256', Buffer.from(secret, 'hex')).update(place).digest('base64url').slice(0, 32);
    if (name.length > placeCharsMax) return key;
    if (this.#keys.size >= keysMax) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }

  /** Was it sent within the time that Anthropic keeps it? It was sent now. */
  see(prefix: string, now: number): boolean {
    const until = this.#seen.get(prefix);
    this.#seen.delete(prefix);
    this.#seen.set(prefix, now + keptMs);
    if (this.#seen.size > prefixesMax) {
      const [oldest] = this.#seen.keys();
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return until !== undefined && until > now;
  }
}

const keptMs = 5 * 60_000;
const prefixesMax = 100_000;
const keysMax = 10_000;
const placeCharsMax = 300;

/** The calls that have a beginning in common: those of a session, else those of a version of a prompt. */
type CallsAlike = { workspaceId: string } & (
  | { session: string; prompt: undefined }
  | { session: undefined; prompt: string }
);

export interface PromptCachePorts {
  secret: string;
  seenPrefixes: SeenPrefixes;
}

interface PromptRequest {
  request: Pick<ModelCall, 'caller' | 'wishes'>;
  call: NeutralCall;
  candidate: Candidate;
}

function hintOf({ request, candidate }: Omit<PromptRequest, 'call'>): 'key' | 'marks' | undefined {
  if (candidate.kind === 'sandbox') return undefined;
  const { cacheHint } = providerOf(candidate.kind);
  return cacheHint === undefined || request.wishes?.promptCache === 'none' ? undefined : cacheHint;
}

/**
 * OpenAI: "Requests are routed to a machine based on a hash of the initial prefix of the prompt … If you provide the prompt_cache_key
 * parameter, it is combined with the prefix hash, allowing you to influence routing and improve cache hit rates."
 * (https://developers.openai.com/api/docs/guides/prompt-caching)
 *
 * No breakpoint is added: from gpt-5.6 on, "when `prompt_cache_options.mode` is implicit", which is the default, "OpenAI places a breakpoint at
 * the end of the latest eligible message" by itself, and each further one may cost a write at "1.25× the uncached input token rate". Those of
 * the caller (`prompt_cache_breakpoint` in a part) go out as they came. The least length, 1,024 tokens from gpt-5.6 on and by other pages
 * 2,048 before, needs no rule here: a key on a shorter prompt costs nothing.
 *
 * Undefined where the candidate takes no key, or nothing says which calls begin alike. A key of the caller's own outranks it.
 */
export function promptCacheKey(
  { secret, seenPrefixes }: PromptCachePorts,
  asked: Omit<PromptRequest, 'call'> & { decision: CallDecision | undefined },
): string | undefined {
  const { request, decision } = asked;
  const { workspaceId } = request.caller;
  const session = request.wishes?.session;
  if ((session === undefined && decision?.promptId === undefined) || hintOf(asked) !== 'key') return undefined;
  return session === undefined
    ? seenPrefixes.keyFor(secret, {
        workspaceId,
        session,
        prompt: `${decision?.promptId}@${decision?.promptVersion ?? ''}`,
      })
    : seenPrefixes.keyFor(secret, { workspaceId, session, prompt: undefined });
}

/** A body in the words of another dialect than the call's, with the key for the provider's cache. */
export function withCacheKey(body: string, key: string): string {
  return body.includes('"prompt_cache_key"')
    ? body
    : `${body.slice(0, body.lastIndexOf('}'))},"prompt_cache_key":"${key}"}`;
}

/**
 * Adds marks for Claude's cache to a request that is ready to go out, and nothing where the caller has said anything of the kind itself.
 * Undefined where none is added.
 */
export function withPromptMarks(
  services: PromptCachePorts,
  body: Buffer | string,
  asked: PromptRequest,
): string | undefined {
  return hintOf(asked) === 'marks' ? withClaudeMarks(services, body, asked) : undefined;
}

/** A token of Claude's is four characters or fewer of English text and of JSON. */
const charsPerToken = 4;

/** Undefined where no mark is worth it: nothing is long enough, or nobody is likely to read it again. */
function withClaudeMarks(
  { seenPrefixes }: PromptCachePorts,
  body: Buffer | string,
  { request, call, candidate }: PromptRequest,
): string | undefined {
  const least = leastCachedTokens(candidate.model) * charsPerToken;
  if (!isClaude(candidate.model) || body.length < least || body.includes('"cache_control"')) return undefined;
  if (call.onlyNative.includes('thread')) return undefined;
  const json = parseExactObject(body.toString('utf8'));
  if (json === undefined) return undefined;
  const beginning = JSON.stringify([json.tools ?? null, json.system ?? null]);
  const messages = Array.isArray(json.messages) ? (json.messages as unknown[]) : [];
  const turn = lastClosedTurn(messages);
  const isLong = beginning.length >= least;
  const { account, model } = candidate;
  const isSeen =
    isLong &&
    seenPrefixes.see(
      hash('sha256', JSON.stringify([request.caller.workspaceId, account, model, beginning]), 'base64'),
      performance.now(),
    );
  const places = {
    system: isLong && (isSeen || hasAnswers(messages)),
    turn: turn >= 0 && beginning.length + charsOf(messages.slice(0, turn + 1)) >= least,
  };
  if (!places.system && !places.turn) return undefined;
  const marked = withMarks(json, places);
  return marked === json ? undefined : writeExact(marked);
}

function hasAnswers(messages: readonly unknown[]): boolean {
  return messages.some((message) => (message as JsonObject | null)?.role === 'assistant');
}

function charsOf(messages: readonly unknown[]): number {
  return JSON.stringify(messages).length;
}
