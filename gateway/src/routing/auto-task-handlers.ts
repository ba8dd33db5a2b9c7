import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { inTurns } from '../turns/in-turn.ts';
import { readAutoSettings, usualAuto } from './auto-settings.ts';
import { evidenceInPieces } from './evidence-view.ts';
import { isCurrent, judgesOf } from './judges.ts';
import { strongModelsOf } from './leading-claim.ts';
import { readRouting } from './routing-version-store.ts';
import { readDay } from './shadow-day-store.ts';
import { isMostlyJudged, listClaims, listPromptIds, type StoredClaim } from './task-claim-store.ts';
import { taskOfPrompt } from './task-key.ts';
import { listRates } from './task-rates-store.ts';
import { taskVerdict } from './task-verdict.ts';

interface AutoTaskPorts {
  db: Pool;
  now: () => number;
}

/** As many as calls are decided by. */
const claimsMax = 3_000;
const ratesMax = 10_000;

export const autoTaskHandlers: Pick<Handlers<Context<AutoTaskPorts>>, 'auto.tasks'> = {
  'auto.tasks': async ({ limit }, { caller, services: { db, now } }) => {
    const { workspaceId, livemode } = caller;
    const scope = { workspaceId, livemode };
    const [document, stored, rates, prompts, today] = await Promise.all([
      readRouting(db, workspaceId),
      listClaims(db, { ...scope, most: claimsMax }),
      listRates(db, { ...scope, most: ratesMax }),
      listPromptIds(db, workspaceId),
      readDay(db, { ...scope, day: new Date(now()).toISOString().slice(0, 10) }),
    ]);
    const judges = judgesOf(document);
    const { dial } = document.auto === undefined ? usualAuto : readAutoSettings(document.auto);
    const { view, claims } = await inTurns(
      evidenceInPieces({
        ...{ claims: stored, rates, strongModels: strongModelsOf(document, new Date(now())) },
        isCurrent: (claim) => isCurrent(claim, judges),
      }),
    );
    const promptOf = new Map(prompts.map((id) => [taskOfPrompt(id), id]));
    return {
      data: claims.slice(0, limit).map((claim) => ({
        ...shown(claim),
        ...taskVerdict(claim, { dial, find: view.find }),
        prompt_id: promptOf.get(claim.task) ?? null,
      })),
      today: { second_answers: today.answers, cost_usd: toUsd(today.spentNanos) },
    };
  },
};

type Row = OutputOf<'auto.tasks'>['data'][number];

function shown({ task, weak, strong, pairs, agreed, judged, lower, updatedAt }: StoredClaim) {
  return {
    task,
    small_model: weak,
    strong_model: strong,
    pairs,
    agreement: pairs === 0 ? null : agreed / pairs,
    judged: isMostlyJudged({ judged, pairs }),
    lower,
    updated_at: updatedAt.toISOString(),
  } satisfies Partial<Row>;
}
