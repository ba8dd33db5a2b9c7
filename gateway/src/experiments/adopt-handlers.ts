import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { PoolClient } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import type { Outbox } from '../events/outbox.ts';
import { productionLabel } from '../prompts/prompt.ts';
import type { PromptCache } from '../prompts/prompt-cache.ts';
import { moveLabel } from '../prompts/prompt-label-handlers.ts';
import { refuseArchived } from '../prompts/prompt-version-handlers.ts';
import { findRow } from '../prompts/prompt-view.ts';
import { checkTogether } from '../routing/check-rules.ts';
import type { Arm } from '../routing/experiment.ts';
import type { RoutingCache } from '../routing/routing-cache.ts';
import { lockRouting, saveRoutingVersion } from '../routing/routing-version-store.ts';
import { idFor, type Rule, type RuleThen } from '../routing/rule.ts';
import { change, type ExperimentPorts, find, isOver, targetOf } from './change-experiment.ts';
import type { Adopted, StoredExperiment } from './experiment-store.ts';
import { judgeNow } from './judge-experiments-job.ts';

interface AdoptPorts extends ExperimentPorts {
  outbox: Outbox;
  prompts: PromptCache;
  routing: RoutingCache;
}

export const adoptHandlers: Pick<Handlers<Context<AdoptPorts>>, 'experiments.adopt'> = {
  'experiments.adopt': async ({ id, arm: name }, { caller, services, audit }) => {
    if (name === undefined) await decideNow(services, caller, id);
    const adopted = await change(services, { caller, id }, async (tx, experiment) => {
      if (experiment.state === 'draft')
        throw new GatewayError('conflict', `Experiment "${experiment.spec.name}" has not run yet. Start it first.`);
      if (experiment.state === 'adopted') throw isOver(experiment);
      const arm = armToAdopt(experiment, name);
      const at = new Date(services.now());
      const note = `Adopted from experiment "${experiment.spec.name}", arm ${arm.name}`;
      const done: Adopted = {
        arm: arm.name,
        at: at.toISOString(),
        prompt: await publish(tx, services, { caller, arm, note }),
        rule_id: await writeRule(tx, { caller, arm, experiment, note }),
      };
      await audit(tx, {
        target: targetOf(experiment),
        before: { state: experiment.state, adopted: experiment.adopted },
        after: { state: 'adopted', adopted: done },
      });
      return { ...experiment, state: 'adopted', stoppedAt: experiment.stoppedAt ?? at, adopted: done };
    });
    services.prompts.forget(caller.workspaceId);
    services.routing.forget(caller.workspaceId);
    services.outbox.deliverSoon();
    return adopted;
  },
};

/** The result says which arm is better up to the last call, and the job that writes it down comes by every few seconds only. */
async function decideNow(services: AdoptPorts, caller: Caller, id: string): Promise<void> {
  const experiment = await find(services, caller, id);
  const isUndecided = experiment.state === 'running' && experiment.verdict === null;
  if (isUndecided && experiment.livemode === caller.livemode) await judgeNow(services, experiment);
}

/** The arm that was named, else the one that is better. Throws `conflict` where there is neither. */
function armToAdopt({ spec, verdict }: StoredExperiment, name: string | undefined): Arm {
  const wanted = name ?? verdict?.winner ?? undefined;
  if (wanted === undefined)
    throw new GatewayError(
      'conflict',
      verdict === null
        ? 'It is too early to say which arm is better. Name the arm in `arm` to adopt one all the same.'
        : 'No arm is better than the others. Name the arm in `arm` to adopt one all the same.',
      { param: 'arm' },
    );
  const arm = spec.arms.find((one) => one.name === wanted);
  if (arm !== undefined) return arm;
  throw new GatewayError(
    'not_found',
    `There is no arm "${wanted}". The arms are ${spec.arms.map((one) => one.name).join(', ')}.`,
    { param: 'arm' },
  );
}

async function publish(
  tx: PoolClient,
  services: Pick<AdoptPorts, 'now' | 'outbox'>,
  { caller, arm, note }: { caller: Caller; arm: Arm; note: string },
): Promise<Adopted['prompt']> {
  if (arm.prompt === undefined) return null;
  const { id, version } = arm.prompt;
  const row = await findRow(tx, caller, id, { forUpdate: true });
  refuseArchived(row);
  await moveLabel(tx, services, { caller, row, label: productionLabel, version, expected: undefined, note });
  return { id, version };
}

/** Undefined settings need no rule: calls go as they did before. */
async function writeRule(
  tx: PoolClient,
  { caller, arm, experiment, note }: { caller: Caller; arm: Arm; experiment: StoredExperiment; note: string },
): Promise<string | null> {
  const then: RuleThen = {
    ...(arm.model === undefined ? {} : { model: arm.model }),
    ...(arm.dial === undefined ? {} : { auto: { dial: arm.dial } }),
    ...(arm.effort === undefined ? {} : { effort: arm.effort }),
  };
  if (Object.keys(then).length === 0) return null;
  const { workspaceId, keyId } = caller;
  const { rules } = await lockRouting(tx, workspaceId);
  const { name, when, priority } = experiment.spec;
  const made: Rule = {
    id: idFor(name, new Set(rules.map(({ id }) => id))),
    name,
    enabled: true,
    priority,
    when,
    then,
  };
  const changed = [...rules, made];
  checkTogether(changed);
  await saveRoutingVersion(tx, { workspaceId, rules: changed, by: keyId, note });
  return made.id;
}
