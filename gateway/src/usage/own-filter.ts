import type { Caller } from '../accounts/api-key.ts';
import { ownClient, ownKey, ownPlatform, ownProject, ownScenario } from '../accounts/own-tags.ts';

/** The tags that a list of calls may be filtered by, as a request names them. */
export interface TagInput {
  client_id?: string | undefined;
  project?: string | undefined;
  scenario_id?: string | undefined;
  scenario_platform?: string | undefined;
  key_id?: string | undefined;
}

/** The single calls that a caller may see: a key with locked tags sees what has them, and throws `tag_forbidden` where it asks for others. */
export function ownFilter(caller: Caller, input: TagInput = {}) {
  return {
    workspaceId: caller.workspaceId,
    livemode: caller.livemode,
    clientId: ownClient(caller, input.client_id),
    project: ownProject(caller, input.project),
    scenarioId: ownScenario(caller, input.scenario_id),
    scenarioPlatform: ownPlatform(caller, input.scenario_platform),
    keyId: ownKey(caller, input.key_id),
  };
}
