import { type Dial, settledQuality } from './auto-settings.ts';
import { type FindEvidence, standingOf } from './evidence.ts';
import { isRepresentative } from './task-claim.ts';
import type { StoredClaim } from './task-claim-store.ts';
import { taskTypes, unclear } from './task-types.ts';
import { judged, sayPairs, shippedRateOf } from './weigh-models.ts';

/** The state of the evidence of a task, and the model that it goes to. */
export interface TaskVerdict {
  /** As people read it. */
  topic: string;
  /** The share of agreement that the dial asks for. */
  needed: number;
  state: 'measuring' | 'cleared' | 'withdrawn' | 'refuted';
  /** The model that `auto` prefers, for calls that both models can take and at their usual prices. */
  model: string;
  because: string;
}

/** The words of single calls, sessions and prices come on top: this is the part that holds for the task as a whole. Pure. */
export function taskVerdict(claim: StoredClaim, { dial, find }: { dial: Dial; find: FindEvidence }): TaskVerdict {
  const type = taskTypes.find(({ id }) => id === claim.topic) ?? unclear;
  const needed = settledQuality({ dial });
  const { task, topic, weak, strong } = claim;
  const shipped = shippedRateOf('small', type);
  const standing = standingOf(find, { task, topic, model: weak, shipped });
  const work = { label: type.label, class: type.class };
  const { because, leftOut } = judged(weak, standing, { dial, quality: needed, work, easyFor: undefined });
  return {
    topic: type.label,
    needed,
    state: stateOf(claim, needed),
    model: because === undefined ? strong : weak,
    because:
      because === undefined && claim.lower >= needed && !isRepresentative(claim)
        ? `only ${claim.comparable} of its ${claim.sampled} sampled answers can be compared`
        : because === undefined
          ? (leftOut ?? `the usual model of the dial ${dial}`)
          : because === 'proven'
            ? sayPairs(standing)
            : because === 'type'
              ? `${type.label} goes to small models`
              : `the usual model of the dial ${dial}`,
  };
}

function stateOf(claim: StoredClaim, needed: number): TaskVerdict['state'] {
  const { lower, upper, isWithdrawn } = claim;
  if (lower >= needed) return isRepresentative(claim) ? 'cleared' : 'measuring';
  if (isWithdrawn) return 'withdrawn';
  return upper < needed ? 'refuted' : 'measuring';
}
