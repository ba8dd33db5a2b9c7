import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { Context } from '../accounts/context.ts';
import { idTimeMs } from '../accounts/new-id.ts';
import { seal } from '../accounts/seal.ts';
import { pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { commentContext, describeOpinion } from '../usage/opinion.ts';
import { ownFilter } from '../usage/own-filter.ts';
import { type CallFilter, type StoredCall, selectCalls } from '../usage/usage-store.ts';
import { type RangePorts, rangeIn } from '../usage/workspace-range.ts';
import { listFeedback, saveFeedback } from './feedback-store.ts';

interface FeedbackPorts extends RangePorts {
  db: Pool;
  /** 64 hex digits: seals comments. */
  secret: string;
}

/** A call older than this takes no feedback. */
const openForMs = 30 * 86_400_000;
/** A clock that was set back leaves calls in the future; this is later than all of them. */
const latest = new Date('9999-01-01T00:00:00Z');

export const feedbackHandlers: Pick<Handlers<Context<FeedbackPorts>>, 'feedback.create' | 'feedback.list'> = {
  'feedback.create': async (input, { caller, services, tags }) => {
    const call = await findCall(services, { caller, tags, ...input });
    const { workspaceId, livemode, keyId } = caller;
    const at = new Date(services.now());
    const comment = input.comment ?? '';
    await saveFeedback(services.db, {
      workspaceId,
      livemode,
      callId: call.id,
      callAt: new Date(call.created_at),
      clientId: call.client_id,
      name: input.name,
      score: input.score,
      sealedComment:
        comment === ''
          ? null
          : seal(services.secret, comment, commentContext({ workspaceId, callId: call.id, name: input.name })),
      keyId,
      at,
    });
    return { request_id: call.id, name: input.name, score: input.score, created_at: at.toISOString() };
  },

  'feedback.list': async (input, context) => {
    const { caller, services } = context;
    const [callId, name] = input.cursor === undefined ? [] : readTexts(input.cursor, 2);
    const rows = await listFeedback(services.db, {
      ...ownFilter(caller, input),
      name: input.name,
      rating: input.rating,
      ...(await callsIn(context, input)),
      after: callId === undefined || name === undefined ? undefined : { callId, name },
      // One more says that there is a next page.
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: (row) => ({
        ...describeOpinion(services.secret, caller, row),
        request_id: row.call_id,
        client_id: row.client_id,
        scenario_id: row.scenario_id,
        model: row.model,
        prompt_id: row.prompt_id,
        prompt_version: row.prompt_version,
      }),
      cursor: (last) => writeParts([last.call_id, last.name]),
    });
  },
};

/** Of the calls. Without a first or a last day, that end is open. */
async function callsIn(
  context: Context<FeedbackPorts>,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<{ from?: Date; to?: Date }> {
  if (from === undefined && to === undefined) return {};
  const range = await rangeIn(context, { from, to });
  return { ...(from !== undefined && { from: range.from }), ...(to !== undefined && { to: range.to }) };
}

interface Search {
  caller: Caller;
  tags: CallTags;
  request_id?: string | undefined;
  scenario_id?: string | undefined;
  execution_id?: string | undefined;
}

/** The call that is scored: one of those that the key sees. Throws `not_found` for any other. */
async function findCall({ db, now }: FeedbackPorts, search: Search): Promise<StoredCall> {
  const filter: CallFilter = {
    ...ownFilter(search.caller),
    from: new Date(now() - openForMs),
    to: latest,
    limit: 1,
  };
  const requestId = search.request_id ?? '';
  return requestId === '' ? findLastOfRun(db, filter, search) : findById(db, filter, requestId);
}

async function findById(db: Pool, filter: CallFilter, id: string): Promise<StoredCall> {
  const atMs = idTimeMs(id);
  // An id has the millisecond in which the call came in.
  const [call] =
    atMs === undefined || atMs < filter.from.getTime()
      ? []
      : await selectCalls(db, { ...filter, from: new Date(atMs), to: new Date(atMs + 1), id });
  if (call !== undefined) return call;
  throw new GatewayError(
    'not_found',
    `Unknown call "${id.slice(0, 100)}". Feedback takes the x-request-id of an answer of the last 30 days.`,
    { param: 'request_id' },
  );
}

async function findLastOfRun(db: Pool, filter: CallFilter, search: Search): Promise<StoredCall> {
  const scenarioId = search.scenario_id ?? search.tags.scenario;
  const executionId = (search.execution_id ?? '') === '' ? search.tags.execution : search.execution_id;
  if (scenarioId === undefined || executionId === undefined)
    throw new GatewayError('invalid_request', 'Feedback needs a request_id, or a scenario_id with an execution_id.', {
      param: scenarioId === undefined && executionId !== undefined ? 'scenario_id' : 'request_id',
    });
  const isOwn = filter.scenarioId === undefined || filter.scenarioId === scenarioId;
  const [call] = isOwn ? await selectCalls(db, { ...filter, scenarioId, executionId }) : [];
  if (call !== undefined) return call;
  throw new GatewayError(
    'not_found',
    `Run "${executionId.slice(0, 100)}" of scenario "${scenarioId}" has made no call in the last 30 days.`,
    { param: 'execution_id' },
  );
}
