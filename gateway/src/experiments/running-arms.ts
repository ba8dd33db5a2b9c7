import type { StoredExperiment } from './experiment-store.ts';

/** The arms that no guard has stopped, in their order. */
export function runningArms({ spec, stoppedArms }: Pick<StoredExperiment, 'spec' | 'stoppedArms'>): string[] {
  return spec.arms.map(({ name }) => name).filter((name) => stoppedArms.every(({ arm }) => arm !== name));
}
