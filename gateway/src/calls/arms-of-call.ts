import type { ExperimentCache } from '../experiments/experiment-cache.ts';
import { productionLabel } from '../prompts/prompt.ts';
import { assignPrompt } from '../routing/arm-step.ts';
import type { Assignment, RunningExperiment } from '../routing/assign.ts';
import { type ChooseVersion, expandCall, type PromptPorts } from './expand-call.ts';
import { isPending } from './is-pending.ts';
import type { ModelCall } from './model-call.ts';

export interface ExperimentPorts extends PromptPorts {
  experiments: ExperimentCache;
  now: () => number;
}

/**
 * The call with its prompt in place, in the version of its arm where an experiment divides the calls of this prompt. Calls that name a version
 * or another label than `production` keep theirs. The version of a background call was fixed when it was accepted; the arm is chosen when it runs,
 * so that one that a guard has stopped meanwhile gets no more calls.
 */
export function expandInArm(services: ExperimentPorts, asked: ModelCall): ModelCall | Promise<ModelCall> {
  if (asked.json.prompt === undefined) return asked;
  const running = services.experiments.of(asked.caller.workspaceId, asked.caller.livemode);
  return isPending(running)
    ? running.then((experiments) => expandWith(services, asked, experiments))
    : expandWith(services, asked, running);
}

function expandWith(
  services: ExperimentPorts,
  asked: ModelCall,
  experiments: readonly RunningExperiment[],
): ModelCall | Promise<ModelCall> {
  if (experiments.length === 0) return expandCall(services, asked);
  let assigned: Assignment | undefined;
  const choose: ChooseVersion = (prompt) => {
    if ((asked.acceptedLabel ?? prompt.label) !== productionLabel) return undefined;
    const { caller, tags, json, wishes, id } = asked;
    const { workspaceId, livemode, keyId } = caller;
    assigned = assignPrompt(
      experiments,
      { workspaceId, livemode, keyId, tags, json, wishes, prompt, nowMs: services.now() },
      id,
    );
    return assigned?.arm?.prompt?.version;
  };
  const expanding = expandCall(services, asked, choose);
  const withArm = (call: ModelCall): ModelCall => (assigned === undefined ? call : { ...call, assigned });
  return isPending(expanding) ? expanding.then(withArm) : withArm(expanding);
}
