import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Context } from '../accounts/context.ts';
import { withTransaction } from '../db/transaction.ts';
import { chooseHeads, findChosen, type HeadVersion, listHeadVersions, lockHeads } from './head-choice-store.ts';

type HeadContext = Context<{ db: Pool; evidence: { forget(workspaceId: string): void } }>;

export const headHandlers: Pick<Handlers<HeadContext>, 'routing.heads.list' | 'routing.heads.activate'> = {
  'routing.heads.list': async (_input, { caller, services }) => {
    const { workspaceId, livemode } = caller;
    const scope = { workspaceId, livemode };
    const [versions, chosen] = await Promise.all([
      listHeadVersions(services.db, scope),
      findChosen(services.db, scope),
    ]);
    return shown(versions, chosen);
  },

  'routing.heads.activate': async ({ version: asked }, { caller, services, audit }) => {
    const { workspaceId, workspaceName, livemode } = caller;
    const scope = { workspaceId, livemode };
    const after = await withTransaction(services.db, async (tx) => {
      await lockHeads(tx, workspaceId);
      const [versions, chosen] = [await listHeadVersions(tx, scope), await findChosen(tx, scope)];
      const version = versionOf(asked, versions);
      await chooseHeads(tx, scope, { version, by: actorOf(caller).id, follows: asked === 'latest' });
      const active = versions.find((one) => one.active)?.version ?? 0;
      await audit(tx, {
        target: { type: 'workspace', id: workspaceId, name: workspaceName },
        before: { heads: active, follows: chosen === undefined },
        after: { heads: version, follows: asked === 'latest' },
      });
      return shown(await listHeadVersions(tx, scope), await findChosen(tx, scope));
    });
    services.evidence.forget(workspaceId);
    return after;
  },
};

/** 0 for none. Throws `not_found` for a version that is not kept, `conflict` for one that is no better than the rates of the tasks. */
function versionOf(asked: string, versions: readonly HeadVersion[]): number {
  if (asked === 'none') return 0;
  const [newest] = versions;
  if (asked === 'latest') return newest?.isBetter === true ? newest.version : 0;
  const found = versions.find(({ version }) => version === Number(asked));
  if (found === undefined)
    throw new GatewayError(
      'not_found',
      `There is no version ${asked} of learned heads. GET /v1/routing/heads lists those that are kept.`,
      { param: 'version' },
    );
  if (!found.isBetter)
    throw new GatewayError(
      'conflict',
      `Version ${asked} was not better than the rates of the tasks, so it has nothing to activate. Choose another version, or none.`,
      { param: 'version' },
    );
  return found.version;
}

function shown(versions: readonly HeadVersion[], chosen: number | undefined): OutputOf<'routing.heads.list'> {
  return {
    data: versions.map(({ version, active, weak, strong, isBetter, report, createdAt }) => ({
      version,
      active,
      better: isBetter,
      model: weak,
      baseline_model: strong,
      calls: report.calls ?? 0,
      judged: report.judged ?? 0,
      gain: report.better ?? null,
      gain_lower: report.lower ?? null,
      created_at: createdAt.toISOString(),
    })),
    follows: chosen === undefined,
    next_cursor: null,
  };
}
