import type { CallTags } from '../accounts/call-tags.ts';
import type { CallWishes } from '../accounts/call-wishes.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { conversationKeyOf, localConversationKeyOf } from './task-key.ts';

/** The model that a conversation is with. */
export interface Session {
  account: string;
  model: string;
  /** The tokens that the provider has read of it, and may keep in its cache. */
  inputTokens: number;
  atMs: number;
}

const idleMs = 10 * 60_000;
const sessionsMax = 100_000;

/** The conversations of this process that went on in the last ten minutes; the one that waited longest goes first. */
export class CallSessions {
  readonly #byKey = new Map<string, Session>();
  readonly #most: number;

  constructor(most = sessionsMax) {
    this.#most = most;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string, nowMs: number): Session | undefined {
    const session = this.#byKey.get(key);
    if (session === undefined) return undefined;
    if (nowMs - session.atMs <= idleMs) return session;
    this.#byKey.delete(key);
    return undefined;
  }

  note(key: string, session: Session): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, session);
    for (const [oldest, { atMs }] of this.#byKey) {
      if (this.#byKey.size <= this.#most && session.atMs - atMs <= idleMs) break;
      this.#byKey.delete(oldest);
    }
  }
}

/**
 * The conversation of a call: `X-Session-ID`, else `prompt_cache_key`, else its beginning. Two clients of a workspace share none, nor do
 * live and test mode.
 */
export function sessionKeyOf(facts: SessionFacts): string {
  return `${placeOf(facts)} ${givenKeyOf(facts) ?? conversationKeyOf(facts.call)}`;
}

/** The same for `CallSessions`, which no other process shares. */
export function localSessionKeyOf(facts: SessionFacts): string {
  return `${placeOf(facts)} ${givenKeyOf(facts) ?? localConversationKeyOf(facts.call)}`;
}

interface OwnFacts {
  wishes: CallWishes | undefined;
  json: JsonObject;
  call: Pick<NeutralCall, 'messages' | 'tools'>;
}

interface SessionFacts extends OwnFacts {
  workspaceId: string;
  livemode: boolean;
  tags: Pick<CallTags, 'client'>;
}

function placeOf({ workspaceId, livemode, tags }: SessionFacts): string {
  return `${workspaceId} ${livemode} ${tags.client ?? ''}`;
}

/** Ids of two kinds are never the same. Undefined where the caller gives none. */
function givenKeyOf({ wishes, json }: Pick<OwnFacts, 'wishes' | 'json'>): string | undefined {
  const { prompt_cache_key: cacheKey } = json;
  if (wishes?.session !== undefined && wishes.session !== '') return `s ${wishes.session.slice(0, idMax)}`;
  return typeof cacheKey === 'string' && cacheKey !== '' ? `k ${cacheKey.slice(0, idMax)}` : undefined;
}

/** The conversation as its caller names it. */
export function sessionIdOf(facts: OwnFacts): string {
  return givenKeyOf(facts)?.slice(2) ?? conversationKeyOf(facts.call);
}

const idMax = 200;

/** The user's turn is not answered yet: tools are running, or the answer has begun. */
export function isOpenTurn({ messages }: Pick<NeutralCall, 'messages'>): boolean {
  const last = messages.at(-1);
  if (last === undefined) return false;
  return last.role === 'tool' || last.role === 'assistant' || last.parts.some(({ kind }) => kind === 'tool-result');
}

/** The kind of provider whose signed reasoning must be handed back in the open turn. */
export function signerOf({ messages }: Pick<NeutralCall, 'messages'>): string | undefined {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message === undefined) continue;
    if (message.role === 'user' && message.parts.some(({ kind }) => kind === 'text')) return undefined;
    for (const part of message.parts)
      if (part.kind === 'reasoning' && part.signature !== undefined) return part.signedBy;
  }
  return undefined;
}

/** Test calls are answered by the sandbox under the model's name. */
export function isOf(
  { account, model }: Pick<Session, 'account' | 'model'>,
  candidate: { account: string; model: string },
): boolean {
  return candidate.model === model && (candidate.account === account || account === 'sandbox');
}
