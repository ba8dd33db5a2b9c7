import { GatewayError } from '@ai-gateway/shared/errors';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import type { ExperimentSpec } from '../routing/experiment.ts';
import { readModelName } from '../routing/model-name.ts';

/** Throws where an arm names a model that nobody knows. */
export async function checkSpec(
  services: { workspaces: WorkspaceCache; now: () => number },
  { workspaceId }: { workspaceId: string },
  spec: ExperimentSpec,
): Promise<void> {
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
