import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { promptsMax } from './prompt.ts';
import { listLabelChanges } from './prompt-label-store.ts';
import type { PromptPorts } from './prompt-ports.ts';
import {
  countPrompts,
  findTaken,
  insertPrompt,
  listPromptRows,
  lockPrompts,
  type PromptRow,
  selectPrompt,
  tellPrompts,
  updatePrompt,
} from './prompt-store.ts';
import { findPromptUses } from './prompt-uses-store.ts';
import { listVersions } from './prompt-version-store.ts';
import { findRow, targetOf, viewLabelChange, viewLocked, viewPrompt, viewSummary } from './prompt-view.ts';

export const promptHandlers: Pick<
  Handlers<Context<PromptPorts>>,
  'prompts.create' | 'prompts.list' | 'prompts.get' | 'prompts.update' | 'prompts.remove'
> = {
  'prompts.create': async (input, { caller, services, audit }) => {
    const { workspaceId } = caller;
    const row = await withTransaction(services.db, async (tx) => {
      const made = await createPrompt(tx, caller, { ...input, name: input.name ?? input.id });
      await audit(tx, { target: targetOf(made), after: viewPrompt(made) });
      return made;
    });
    services.prompts.forget(workspaceId);
    return viewPrompt(row);
  },

  'prompts.list': async (input, { caller, services }) => {
    const client = lockedClient(caller);
    const [after] = input.cursor === undefined ? [undefined] : readTexts(input.cursor, 1);
    const rows = await listPromptRows(services.db, caller.workspaceId, {
      search: input.search,
      archived: input.archived ?? false,
      client,
      after,
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: (row) => (client === undefined ? viewPrompt(row) : viewLocked(row, client ?? undefined)),
      cursor: ({ id }) => writeParts([id]),
    });
  },

  'prompts.get': async ({ id }, { caller, services }) => {
    const row = await findRow(services.db, caller, id);
    const place = { workspaceId: caller.workspaceId, promptId: row.id };
    const [versions, changes] = await Promise.all([
      listVersions(services.db, place),
      listLabelChanges(services.db, place, { label: undefined, limit: 100 }),
    ]);
    return { ...viewPrompt(row), versions: versions.map(viewSummary), label_log: changes.map(viewLabelChange) };
  },

  'prompts.update': async ({ id, archived, ...input }, { caller, services, audit }) => {
    if (archived === true)
      throw new GatewayError('invalid_request', `Use DELETE /v1/prompts/${id} to archive a prompt.`, {
        param: 'archived',
      });
    const changed = await withTransaction(services.db, async (tx) => {
      await lockPrompts(tx, caller.workspaceId);
      const row = await findRow(tx, caller, id, { forUpdate: true });
      if (archived === false && row.archived_at !== null) await refuseFull(tx, caller.workspaceId);
      const next = withChange(archived === false ? { ...row, archived_at: null } : row, input);
      await changePrompt(tx, caller.workspaceId, next);
      await audit(tx, { target: targetOf(next), before: viewPrompt(row), after: viewPrompt(next) });
      return next;
    });
    services.prompts.forget(caller.workspaceId);
    return viewPrompt(changed);
  },

  'prompts.remove': async ({ id }, { caller, services, audit }) => {
    await withTransaction(services.db, async (tx) => {
      await lockPrompts(tx, caller.workspaceId);
      const row = await findRow(tx, caller, id, { forUpdate: true });
      if (row.archived_at !== null) return;
      const uses = await findPromptUses(tx, caller.workspaceId, row.id);
      if (uses.length > 0)
        throw new GatewayError(
          'conflict',
          `Prompt "${row.id}" is in use by ${uses.join(', ')}. Change that first.`.slice(0, 500),
          { details: { uses } },
        );
      await updatePrompt(tx, caller.workspaceId, { ...row, archived_at: new Date(services.now()) });
      await tellPrompts(tx, caller.workspaceId);
      await audit(tx, { target: targetOf(row), before: viewPrompt(row) });
    });
    services.prompts.forget(caller.workspaceId);
    return null;
  },
};

/** Throws `conflict` where an id or an alias is taken, or the workspace is full. The caller writes the row of the audit log. */
export async function createPrompt(
  tx: Db,
  caller: Caller,
  prompt: Pick<PromptRow, 'id' | 'name' | 'description' | 'aliases' | 'client_ids'>,
): Promise<PromptRow> {
  const { workspaceId } = caller;
  const { id, aliases } = prompt;
  if (reserved.has(id) || id.startsWith('pmpt_'))
    throw new GatewayError(
      'invalid_request',
      `"${id}" is a reserved id. Choose another one; \`aliases\` takes pmpt_… ids.`,
      {
        param: 'id',
      },
    );
  // An alias decides which calls reach OpenAI, live ones too.
  if (aliases.length > 0 && !caller.livemode)
    throw new GatewayError('forbidden', 'Aliases affect live calls, so they need a live key (gw_live_…).');
  await lockPrompts(tx, workspaceId);
  const before = await selectPrompt(tx, workspaceId, id);
  if (before !== undefined)
    throw new GatewayError(
      'conflict',
      before.archived_at === null || before.id !== id
        ? `There is a prompt "${id}" in this workspace already. Save a new version of it, or choose another id.`
        : `Prompt "${id}" is archived. Restore it with PATCH /v1/prompts/${id} and {"archived": false}, or choose another id.`,
      { param: 'id' },
    );
  await refuseFull(tx, workspaceId);
  await refuseTaken(tx, workspaceId, { id, aliases });
  await insertPrompt(tx, { ...prompt, workspaceId });
  await tellPrompts(tx, workspaceId);
  return findRow(tx, caller, id);
}

type PromptChange = {
  [Key in 'name' | 'description' | 'aliases' | 'client_ids']?: PromptRow[Key] | undefined;
};

export function withChange(row: PromptRow, { name, description, aliases, client_ids }: PromptChange): PromptRow {
  return {
    ...row,
    name: name ?? row.name,
    description: description ?? row.description,
    client_ids: client_ids ?? row.client_ids,
    aliases: aliases ?? row.aliases,
  };
}

/** Writes a row that is locked. Throws `conflict` where an alias is taken. The caller writes the row of the audit log. */
export async function changePrompt(tx: Db, workspaceId: string, next: PromptRow): Promise<void> {
  await refuseTaken(tx, workspaceId, next);
  await updatePrompt(tx, workspaceId, next);
  await tellPrompts(tx, workspaceId);
}

/** They are paths of their own. */
const reserved = new Set(['export', 'import']);

async function refuseFull(tx: Db, workspaceId: string): Promise<void> {
  if ((await countPrompts(tx, workspaceId)) < promptsMax) return;
  throw new GatewayError(
    'conflict',
    `This workspace has ${promptsMax.toLocaleString('en')} prompts, the most it can have. Delete one first.`,
  );
}

async function refuseTaken(
  tx: Db,
  workspaceId: string,
  { id, aliases }: { id: string; aliases: readonly string[] },
): Promise<void> {
  const [found] = await findTaken(tx, workspaceId, { ids: aliases, but: id });
  if (found !== undefined)
    throw new GatewayError('conflict', `The alias "${found.taken}" belongs to prompt "${found.by}".`, {
      param: 'aliases',
    });
}

/** The client whose prompts a key with a locked tag may run; null: only those of everybody. Undefined for a key without locks: all. */
function lockedClient({ lockedTags, tags }: Caller): string | null | undefined {
  if (lockedTags.length === 0) return undefined;
  return (lockedTags.includes('client_id') ? tags.client_id : undefined) ?? null;
}
