import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { productionLabel } from './prompt.ts';
import { countLabels, deleteLabel, listLabelChanges, logLabel, readLabel, writeLabel } from './prompt-label-store.ts';
import type { PromptPorts } from './prompt-ports.ts';
import { type PromptRow, tellPrompts } from './prompt-store.ts';
import { refuseArchived } from './prompt-version-handlers.ts';
import { selectVersion } from './prompt-version-store.ts';
import { findRow, targetOf, viewActor, viewAuthor } from './prompt-view.ts';

export const promptLabelHandlers: Pick<
  Handlers<Context<PromptPorts>>,
  'prompts.labels.set' | 'prompts.labels.remove'
> = {
  'prompts.labels.set': async ({ id, label, version, expected_version, note }, { caller, services, audit }) => {
    refuseTestKey(caller, label);
    const moved = await withTransaction(services.db, async (tx) => {
      const row = await findRow(tx, caller, id, { forUpdate: true });
      refuseArchived(row);
      const change = await moveLabel(tx, services, { caller, row, label, version, expected: expected_version, note });
      await audit(tx, {
        target: targetOf(row),
        before: { [label]: change.previous_version },
        after: { [label]: version, note },
      });
      return change;
    });
    services.prompts.forget(caller.workspaceId);
    services.outbox.deliverSoon();
    return moved;
  },

  'prompts.labels.remove': async ({ id, label, expected_version }, { caller, services, audit }) => {
    refuseTestKey(caller, label);
    await withTransaction(services.db, async (tx) => {
      const row = await findRow(tx, caller, id, { forUpdate: true });
      const place = { workspaceId: caller.workspaceId, promptId: row.id };
      const from = await readLabel(tx, place, label);
      if (from === undefined) throw unknownLabel(row, label);
      refuseMoved({ row, label, now: from, expected: expected_version });
      await deleteLabel(tx, place, label);
      await logLabel(tx, place, { label, from, to: undefined, note: '', by: actorOf(caller), atMs: services.now() });
      await tellPrompts(tx, caller.workspaceId);
      await audit(tx, { target: targetOf(row), before: { [label]: from } });
    });
    services.prompts.forget(caller.workspaceId);
    return null;
  },
};

const labelsMax = 50;

interface LabelMove {
  caller: Caller;
  /** Locked. */
  row: PromptRow;
  label: string;
  version: number;
  expected: number | undefined;
  note: string;
}

/** Points a label at a version, and puts it on record. Where it points there already, nothing is written. */
export async function moveLabel(
  tx: Db,
  services: Pick<PromptPorts, 'now' | 'outbox'>,
  { caller, row, label, version, expected, note }: LabelMove,
) {
  const place = { workspaceId: caller.workspaceId, promptId: row.id };
  const by = actorOf(caller);
  const from = await readLabel(tx, place, label);
  refuseMoved({ row, label, now: from, expected });
  if ((await selectVersion(tx, place, version)) === undefined)
    throw new GatewayError(
      'not_found',
      `Prompt "${row.id}" has no version ${version}. ${row.newest_version === null ? 'It has no version yet' : `The newest is ${row.newest_version}`}.`,
      { param: 'version' },
    );
  if (from === version) {
    const [last] = await listLabelChanges(tx, place, { label, limit: 1 });
    const at = last === undefined ? new Date(services.now()) : last.changed_at;
    const previous = last?.from_version ?? null;
    const changedBy = last === undefined ? viewActor(by) : viewAuthor(last);
    return { label, version, previous_version: previous, changed_at: at.toISOString(), changed_by: changedBy };
  }
  if (from === undefined && (await countLabels(tx, place)) >= labelsMax)
    throw new GatewayError(
      'conflict',
      `Prompt "${row.id}" has ${labelsMax} labels, the most it can have. Delete one first.`,
    );
  await writeLabel(tx, place, { label, version });
  const at = await logLabel(tx, place, { label, from, to: version, note, by, atMs: services.now() });
  await tellPrompts(tx, caller.workspaceId);
  if (label === productionLabel)
    await services.outbox.record(tx, [
      {
        workspaceId: caller.workspaceId,
        livemode: true,
        type: 'prompt.published',
        data: {
          prompt: { id: row.id, name: row.name },
          version,
          previous_version: from ?? null,
          note,
          by: by.name ?? by.id,
        },
      },
    ]);
  return {
    label,
    version,
    previous_version: from ?? null,
    changed_at: at.toISOString(),
    changed_by: viewActor(by),
  };
}

/** Live calls without a label use it. */
export function refuseTestKey({ livemode }: Caller, label: string): void {
  if (label === productionLabel && !livemode)
    throw new GatewayError(
      'forbidden',
      'The label production decides what live calls say, so moving it needs a live key (gw_live_…).',
      { param: 'label' },
    );
}

function refuseMoved({
  row,
  label,
  now,
  expected,
}: {
  row: PromptRow;
  label: string;
  now: number | undefined;
  expected: number | undefined;
}): void {
  if (expected === undefined || expected === (now ?? 0)) return;
  throw new GatewayError(
    'conflict',
    `The label "${label}" of prompt "${row.id}" ${now === undefined ? 'does not exist' : `points at version ${now}`}, not at version ${expected}. Somebody moved it meanwhile: look at it, then try again.`,
    { param: 'expected_version', details: { version: now ?? null } },
  );
}

function unknownLabel({ id, labels }: PromptRow, label: string): GatewayError {
  const known = labels.map((one) => one.label).join(', ');
  return new GatewayError(
    'not_found',
    `Prompt "${id}" has no label "${label}". ${known === '' ? 'It has no labels yet.' : `Its labels: ${known}.`}`,
    { param: 'label' },
  );
}
