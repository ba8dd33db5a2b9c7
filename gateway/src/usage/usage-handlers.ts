import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import type { Caller, TagName } from '../accounts/api-key.ts';
import type { Context } from '../context.ts';
import { type StoredCall, selectCalls } from './usage-store.ts';

export const usageHandlers: Pick<Handlers<Context>, 'usage.requests'> = {
  'usage.requests': async (input, { caller, services }) => {
    const now = new Date(services.now());
    const rows = await selectCalls(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      from:
        input.from === undefined
          ? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
          : new Date(input.from),
      // Calls under way at this very moment belong to the list.
      to: input.to === undefined ? new Date(now.getTime() + 60_000) : new Date(input.to),
      clientId: own(caller, 'client_id', input.client_id),
      project: own(caller, 'project', input.project),
      scenarioId: own(caller, 'scenario_id', input.scenario_id),
      scenarioPlatform: own(caller, 'scenario_platform', input.scenario_platform),
      executionId: input.execution_id,
      keyId: keyFilter(caller, input.key_id),
      status: input.status,
      after: input.cursor === undefined ? undefined : readCursor(input.cursor),
      limit: input.limit + 1,
    });
    const page = rows.slice(0, input.limit);
    const last = page.at(-1);
    return {
      data: page.map(describe),
      next_cursor: rows.length > input.limit && last !== undefined ? writeCursor(last) : null,
    };
  },
};

/** A key with a locked tag sees that tag's calls only. */
function own(caller: Caller, tag: TagName, asked: string | undefined): string | undefined {
  if (!caller.lockedTags.includes(tag)) return asked;
  const locked = caller.tags[tag];
  if (asked !== undefined && asked !== locked)
    throw new GatewayError('tag_forbidden', `This key sees one ${tag} only. Leave the filter out.`, { param: tag });
  return locked;
}

/** A caller's key without a locked tag sees its own calls: "its own tags' usage" would be everybody's. */
function keyFilter(caller: Caller, asked: string | undefined): string | undefined {
  return caller.role === 'caller' && caller.lockedTags.length === 0 ? caller.keyId : asked;
}

function writeCursor({ created_at: createdAt, id }: StoredCall): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

function readCursor(cursor: string): { createdAt: string; id: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [createdAt, id] = Array.isArray(value) ? (value as unknown[]) : [];
    if (typeof createdAt === 'string' && !Number.isNaN(Date.parse(createdAt)) && typeof id === 'string')
      return { createdAt, id };
  } catch {
    // Falls through to the same refusal as a cursor that parses to something else.
  }
  throw new GatewayError(
    'invalid_request',
    '`cursor` is not one of ours. Use the `next_cursor` of the page before, as it is.',
    { param: 'cursor' },
  );
}

function describe(row: StoredCall) {
  const {
    cost_nanos: costNanos,
    input_tokens,
    cached_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    ...rest
  } = row;
  return {
    ...rest,
    input_tokens: Number(input_tokens),
    cached_tokens: Number(cached_tokens),
    cache_write_tokens: Number(cache_write_tokens),
    output_tokens: Number(output_tokens),
    reasoning_tokens: Number(reasoning_tokens),
    cost_usd: toUsd(costNanos),
  };
}
