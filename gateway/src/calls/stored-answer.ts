import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Caller } from '../accounts/api-key.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { isOwnId } from '../dialects/responses-items.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { ModelCall, StreamAnswer } from './model-call.ts';
import type { RunningCall } from './settle-call.ts';
import { findAnswers, rememberAnswers, type StoredAnswer } from './stored-answer-store.ts';

interface StoredPorts {
  db: Pool;
  log: Logger;
}

/** Something a call refers to that the vendor keeps. */
interface Reference {
  id: string;
  /** The field it is in. */
  param: string;
  isConversation: boolean;
}

type Continuing = Pick<ModelCall, 'caller' | 'tags' | 'dialect' | 'json'>;

/**
 * A stored response, conversation, item or thread is continued by the workspace that made it, under the tags the caller's key is
 * locked to. Throws `not_found` for any other, and for one that nobody made here.
 *
 * A conversation is the exception: there is no endpoint here to create one, so a key without locks may bring one that was made at
 * the vendor. It belongs to the workspace and tags of that call from then on.
 */
export async function checkContinued(
  services: Pick<StoredPorts, 'db'>,
  { caller, dialect, json }: Continuing,
  { account, kind }: Candidate,
): Promise<void> {
  const references = referencesOf(dialect.id, json);
  if (references.length === 0) return;
  if (kind === 'sandbox') return checkRehearsed(references, caller);
  const own = references.find(({ id }) => isOwnId(id));
  if (own !== undefined) throw notStored(own);
  const found = await findAnswers(
    services.db,
    account,
    references.map(({ id }) => id),
  );
  for (const reference of references) {
    const answer = found.find(({ id }) => id === reference.id);
    const isNewConversation = answer === undefined && reference.isConversation && caller.lockedTags.length === 0;
    if (!isNewConversation && (answer === undefined || !belongsTo(answer, caller))) throw unknownAnswer(reference);
  }
}

/** The sandbox keeps nothing: any of its own answers can be continued, and one made elsewhere is unknown to it. */
function checkRehearsed(references: readonly Reference[], { lockedTags }: Caller): void {
  const unknown = references.find(({ id, isConversation }) => (isConversation ? lockedTags.length > 0 : !isOwnId(id)));
  if (unknown !== undefined) throw unknownAnswer(unknown);
}

function notStored({ param }: Reference): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    `\`${param}\` names an answer that is not stored here: only OpenAI's models store conversations. Send the items of the conversation in \`input\`.`,
    { param },
  );
}

function belongsTo(answer: StoredAnswer, { workspaceId, lockedTags, tags }: Caller): boolean {
  return answer.workspace_id === workspaceId && lockedTags.every((tag) => answer[tag] === (tags[tag] ?? null));
}

function unknownAnswer({ id, param }: Reference): GatewayError {
  return new GatewayError(
    'not_found',
    `Unknown \`${param}\` "${id.slice(0, 100)}". It does not exist, or this key may not continue it. Send the conversation itself instead.`,
    { param },
  );
}

/** Can a call of this dialect refer to something a vendor keeps? */
export function mayContinue({ dialect }: Pick<ModelCall, 'dialect'>): boolean {
  return dialect.id !== 'chat';
}

/** Will the vendor keep the answer to this call? */
export function isStored({ dialect, json }: Pick<ModelCall, 'dialect' | 'json'>): boolean {
  if (dialect.id === 'responses') return json.store !== false;
  return dialect.id === 'messages' && isObject(json.thread);
}

/** `answerIds`: of the answer and of what it consists of, as the vendor names them. */
export async function rememberStored(
  services: StoredPorts,
  { caller, tags, dialect, json }: Continuing,
  { candidate }: Pick<RunningCall, 'candidate'>,
  answerIds: readonly string[],
): Promise<void> {
  const account = candidate?.account;
  const conversations = referencesOf(dialect.id, json).filter(({ isConversation }) => isConversation);
  const ids = [...answerIds, ...conversations.map(({ id }) => id)].filter((id) => id.length <= idMax).slice(0, idsMax);
  if (ids.length === 0 || account === undefined) return;
  try {
    await rememberAnswers(services.db, { account, ids, workspaceId: caller.workspaceId, tags });
  } catch (error) {
    // The answer is paid for and goes out; it only cannot be continued by its id.
    services.log.warn({ err: error }, 'a stored answer could not be remembered');
  }
}

/** The same for a stream, whose ids are known at its end: they are remembered before its last event leaves. */
export function rememberingStream(answer: StreamAnswer, remember: () => Promise<void>): StreamAnswer {
  return {
    ...answer,
    pump: async (sink) => {
      const end = await answer.pump(sink);
      await remember();
      return end;
    },
  };
}

const idMax = 200;
const idsMax = 500;

function referencesOf(dialect: string, json: JsonObject): Reference[] {
  if (dialect === 'messages') return one(isObject(json.thread) ? json.thread.previous_message_id : undefined, 'thread');
  if (dialect !== 'responses') return [];
  const { previous_response_id, conversation, input } = json;
  const conversationId = isObject(conversation) ? conversation.id : conversation;
  return [
    ...one(previous_response_id, 'previous_response_id'),
    ...one(conversationId, 'conversation'),
    ...(Array.isArray(input) ? input : []).flatMap((item: unknown, i) =>
      // Thoughts of the gateway's own answers are left out when they are read.
      isObject(item) && item.type === 'item_reference'
        ? one(item.id, `input[${i}]`).filter(({ id }) => !isOwnId(id))
        : [],
    ),
  ];
}

function one(id: unknown, param: string): Reference[] {
  return typeof id === 'string' && id !== '' ? [{ id, param, isConversation: param === 'conversation' }] : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
