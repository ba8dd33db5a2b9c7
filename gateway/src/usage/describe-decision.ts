import type { OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { CallExtras } from './call-detail-store.ts';

type Detail = OutputOf<'usage.request'>;

/** The parts of the gateway that decided a call, as its columns keep them. Pure. */
export function describeDecision(extras: CallExtras | undefined): Detail['decision'] {
  const { ruleId, experimentId, promptId, promptVersion } = extras ?? {};
  return {
    chosen_by: extras?.chosenBy ?? null,
    routing_version: extras?.routingVersion ?? null,
    rule: ruleId == null ? null : { id: ruleId, name: extras?.ruleName ?? ruleId },
    experiment:
      experimentId == null
        ? null
        : { id: experimentId, name: extras?.experimentName ?? experimentId, arm: extras?.arm ?? '' },
    prompt: promptId == null || promptVersion == null ? null : { id: promptId, version: promptVersion },
    task: extras?.task ?? null,
    shadow_of: extras?.shadowOf ?? null,
    json_ok: extras?.jsonOk ?? null,
  };
}

/** The response cache's part is the rest, so that the parts add up, as in the sums of savings. */
export function describeSavings(extras: CallExtras | undefined): Detail['savings'] {
  if (extras?.savedNanos == null) return null;
  const { savedNanos, chosenBy } = extras;
  const route = extras.savedRouteNanos ?? 0n;
  const marks = extras.savedMarksNanos ?? 0n;
  return {
    auto: toUsd(chosenBy === 'rule' ? 0n : route),
    rules: toUsd(chosenBy === 'rule' ? route : 0n),
    provider_cache: toUsd(marks),
    response_cache: toUsd(savedNanos - route - marks),
  };
}
