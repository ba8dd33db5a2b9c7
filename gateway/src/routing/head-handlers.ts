import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Context } from '../accounts/context.ts';
import { withTransaction } from '../db/transaction.ts';
import { type Collected, countCollected } from './count-collected.ts';
import { chooseHeads, findChosen, type HeadVersion, listHeadVersions, lockHeads } from './head-choice-store.ts';
import { wordsOfOtherFormat, wordsOfReason } from './head-words.ts';
import { labelsMin } from './learned-heads.ts';
import { newestHeads } from './newest-heads.ts';

type HeadContext = Context<{ db: Pool; secret: string; evidence: { forget(workspaceId: string): void } }>;

export const headHandlers: Pick<Handlers<HeadContext>, 'routing.heads.list' | 'routing.heads.activate'> = {
  'routing.heads.list': async (_input, { caller, services }) => {
    const { workspaceId, livemode } = caller;
    const scope = { workspaceId, livemode };
    const [versions, chosen, collected] = await Promise.all([
      listHeadVersions(services.db, scope),
      findChosen(services.db, scope),
      countCollected(services, scope),
    ]);
    return shown({ versions, chosen, collected });
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
      return { versions: await listHeadVersions(tx, scope), chosen: await findChosen(tx, scope) };
    });
    services.evidence.forget(workspaceId);
    // Thousands of calls are read: nobody else waits for the lock meanwhile.
    return shown({ ...after, collected: await countCollected(services, scope) });
  },
};

/** 0 for none. Throws `not_found` for a version that is not kept, `conflict` for one without anything to activate. */
function versionOf(asked: string, versions: readonly HeadVersion[]): number {
  if (asked === 'none') return 0;
  if (asked === 'latest') return newestHeads(versions);
  const found = versions.find(({ version }) => version === Number(asked));
  if (found === undefined)
    throw new GatewayError(
      'not_found',
      `There is no version ${asked} of learned heads. GET /v1/routing/heads lists those that are kept.`,
      { param: 'version' },
    );
  if (!found.hasWeights || !found.isReadable)
    throw new GatewayError(
      'conflict',
      `Version ${asked} has nothing to activate. ${reasonOf({ ...found, reason: found.reason ?? 'no_better_than_tasks' })} Choose another version, or none.`,
      { param: 'version' },
    );
  return found.version;
}

interface KnownHeads {
  versions: readonly HeadVersion[];
  chosen: Awaited<ReturnType<typeof findChosen>>;
  collected: Collected | undefined;
}

function shown({ versions, chosen, collected }: KnownHeads): OutputOf<'routing.heads.list'> {
  return {
    data: versions.map(shownVersion),
    follows: chosen === undefined,
    newest: newestHeads(versions) || null,
    chosen:
      chosen === undefined
        ? null
        : { by: { id: chosen.by, name: chosen.byName }, version: chosen.version || null, at: chosen.at.toISOString() },
    collected: {
      model: collected?.weak ?? null,
      baseline_model: collected?.strong ?? null,
      calls: collected?.calls ?? 0,
      tasks: collected?.tasks ?? 0,
      needed: labelsMin,
    },
    next_cursor: null,
  };
}

function shownVersion(one: HeadVersion) {
  const { version, active, weak, strong, report, outcome, reason, against, compared, ...times } = one;
  const { better = null, lower = null, easy } = report;
  return {
    version,
    active,
    state: stateOf(one),
    reason: reasonOf(one),
    better: outcome !== 'no_better' || reason === 'proves_less',
    model: weak,
    baseline_model: strong,
    calls: report.calls ?? 0,
    tasks: report.tasks ?? null,
    judged: report.judged ?? 0,
    gain: better,
    gain_lower: lower,
    // The gain is a mean, so its bounds are as far from it on both sides.
    gain_upper: better === null || lower === null ? null : 2 * better - lower,
    easy:
      easy === undefined ? null : { quality: easy['0.98'] ?? 0, balanced: easy['0.95'] ?? 0, cost: easy['0.9'] ?? 0 },
    compared:
      compared === null || against === null
        ? null
        : {
            version: against,
            calls: compared.calls,
            gain: compared.mean,
            gain_lower: compared.lower,
            gain_upper: compared.upper,
          },
    decided_at: times.decidedAt?.toISOString() ?? null,
    created_at: times.createdAt.toISOString(),
    active_since: times.activeSince?.toISOString() ?? null,
    active_until: times.activeUntil?.toISOString() ?? null,
  };
}

function reasonOf(one: HeadVersion): string | null {
  return isOfOtherGateway(one) ? wordsOfOtherFormat(labelsMin, one) : wordsOfReason(one.reason, one);
}

function stateOf(one: HeadVersion): OutputOf<'routing.heads.list'>['data'][number]['state'] {
  const { active, outcome } = one;
  if (active) return 'active';
  // People are offered no version that they are refused.
  if (isOfOtherGateway(one)) return 'dropped';
  return outcome === 'promoted' ? 'inactive' : outcome;
}

function isOfOtherGateway({ hasWeights, isReadable }: HeadVersion): boolean {
  return hasWeights && !isReadable;
}
