import { GatewayError } from '@ai-gateway/shared/errors';
import { type Condition, leavesOf } from '@ai-gateway/shared/rules';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { selectVersion } from '../prompts/prompt-version-store.ts';
import { checkRule } from '../routing/check-rules.ts';
import type { ExperimentSpec } from '../routing/experiment.ts';
import { readModelName } from '../routing/model-name.ts';

interface CheckPorts {
  db: Pool;
  workspaces: WorkspaceCache;
  now: () => number;
}

/** Throws where an arm names a model or a version of a prompt that is not there, and where the conditions cannot be asked. */
export async function checkSpec(services: CheckPorts, caller: Caller, spec: ExperimentSpec): Promise<void> {
  const { when } = spec;
  await checkRule({ when, then: {} }, { caller, services });
  await checkModels(services, caller, spec);
  for (const [i, { prompt }] of spec.arms.entries())
    if (
      prompt !== undefined &&
      (await selectVersion(services.db, { workspaceId: caller.workspaceId, promptId: prompt.id }, prompt.version)) ===
        undefined
    )
      throw new GatewayError('not_found', `There is no version ${prompt.version} of a prompt "${prompt.id}".`, {
        param: `arms[${i}].prompt`,
      });
  checkPromptConditions(spec, when);
}

/** Versions of prompts are chosen before the call has its text, so such conditions look at its tags, its key and the clock. */
const knownBefore = /^(client_id|project|scenario_id|platform|key_id|prompt_id|metadata\..+|hour|weekday)$/;

function checkPromptConditions({ arms }: ExperimentSpec, when: Condition): void {
  if (arms.every(({ prompt }) => prompt === undefined)) return;
  const late = leavesOf(when).find(({ field }) => !knownBefore.test(field));
  if (late === undefined) return;
  throw new GatewayError(
    'invalid_request',
    `Versions of a prompt are chosen before \`${late.field}\` is known. Use client_id, project, scenario_id, platform, key_id, metadata.<name>, hour or weekday.`,
    { param: 'when' },
  );
}

async function checkModels(services: CheckPorts, { workspaceId }: Caller, spec: ExperimentSpec): Promise<void> {
  const { accounts, pool } = await services.workspaces.view(workspaceId);
  const names = { accounts, pool, at: new Date(services.now()) };
  for (const [i, { model }] of spec.arms.entries()) {
    if (model === undefined) continue;
    const found = readModelName(model, names);
    if (found !== undefined && (found.entry === undefined || found.entry.kind === 'chat')) continue;
    const problem = found === undefined ? `There is no model "${model}".` : `"${model}" is not a model for chat.`;
    throw new GatewayError('model_not_found', `${problem} GET /v1/models lists the models that this key can use.`, {
      param: `arms[${i}].model`,
    });
  }
}
