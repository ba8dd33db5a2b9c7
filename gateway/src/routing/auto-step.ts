import { AutoStep } from './auto.ts';
import { readAuto } from './auto-mode.ts';
import { type AutoSettings, autoFor, readAutoWish, settledQuality } from './auto-settings.ts';
import type { CallFacts } from './call-facts.ts';
import type { RouteInput } from './candidate.ts';
import type { FindEvidence } from './evidence.ts';
import type { Session } from './sessions.ts';
import { taskKeyOf } from './task-key.ts';

/** The facts of a workspace and of a conversation that `auto` needs. */
export interface AutoPorts {
  settings: AutoSettings;
  find: FindEvidence;
  /** Do the words of the call say that the small model reaches this quality? Undefined where the workspace has learned no heads. */
  easyFor?: ((task: string, quality: number) => string | undefined) | undefined;
  /** Asked only by a call that leaves the choice to `auto`. */
  sessionOf: () => { key: string; session: Session | undefined };
}

/** The step of `auto` for this call; undefined where the call names its model. Throws `invalid_request` for a wish that cannot be read. */
export function autoStepFor({
  route,
  facts,
  auto,
}: {
  route: Pick<RouteInput, 'call'>;
  facts: CallFacts;
  auto: AutoPorts;
}): AutoStep | undefined {
  const { model } = route.call;
  const mode = readAuto(model);
  if (mode === undefined) return undefined;
  const { call, inputTokens, wishes, tags, prompt, keyId } = facts;
  const { key, session } = auto.sessionOf();
  return new AutoStep({
    call,
    inputTokens,
    // Plain `auto` goes by the settings.
    named: model === 'auto' ? undefined : mode,
    settings: autoFor(auto.settings, tags.client, keyId),
    level: settledQuality(auto.settings),
    wish: readAutoWish(wishes?.auto),
    task: taskKeyOf({ call, prompt, tags }),
    find: auto.find,
    easyFor: auto.easyFor,
    session,
    sessionKey: key,
  });
}
