import { GatewayError } from '@ai-gateway/shared/errors';
import { type Condition, leavesOf } from '@ai-gateway/shared/rules';
import type { Db } from '../db/transaction.ts';
import { selectVersion } from '../prompts/prompt-version-store.ts';
import { checkRule } from '../routing/check-rules.ts';
import type { ExperimentSpec } from '../routing/experiment.ts';
import { type NameContext, readModelName } from '../routing/model-name.ts';

interface Checks {
  db: Db;
  workspaceId: string;
  /** See `namesFor`. */
  names: NameContext;
}

/** Throws where an arm names a model or a version of a prompt that is not there, and where the conditions cannot be asked. */
export async function checkSpec(spec: ExperimentSpec, checks: Checks): Promise<void> {
  const { when } = spec;
  const { db, workspaceId } = checks;
  await checkRule({ when, then: {} }, checks);
  checkModels(spec, checks);
  for (const [i, { prompt }] of spec.arms.entries())
    if (
      prompt !== undefined &&
      (await selectVersion(db, { workspaceId, promptId: prompt.id }, prompt.version)) === undefined
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

function checkModels(spec: ExperimentSpec, { names }: Checks): void {
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
