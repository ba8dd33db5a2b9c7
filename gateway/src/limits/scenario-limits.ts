import { parseUsd, usdForPeople } from '@ai-gateway/shared/money';

/** The limits at which loop detection pauses a scenario; undefined: switched off. */
export interface ScenarioLimits {
  maxNanosPerHour: bigint | undefined;
  maxCallsPerMinute: number | undefined;
  maxRepeats: number | undefined;
}

/**
 * On without anybody asking, and generous: $20 in an hour is more than most clients' month, 1,000 calls a minute is more than
 * Make's busiest plan runs for one scenario, and nobody sends one prompt 250 times in ten minutes on purpose.
 */
export const defaultLimits: ScenarioLimits = {
  maxNanosPerHour: 20_000_000_000n,
  maxCallsPerMinute: 1_000,
  maxRepeats: 250,
};

/** Why a scenario is paused, in words for the caller that is refused. */
export type Tripped =
  | { limit: 'max_calls_per_minute'; most: number }
  | { limit: 'max_repeats'; most: number }
  | { limit: 'max_usd_per_hour'; mostUsd: number; spentUsd: number };

export function reasonOf(tripped: Tripped): string {
  switch (tripped.limit) {
    case 'max_calls_per_minute':
      return `It made more than ${tripped.most.toLocaleString('en')} calls in a minute.`;
    case 'max_repeats':
      return `It sent the same prompt more than ${tripped.most.toLocaleString('en')} times in ten minutes.`;
    case 'max_usd_per_hour':
      return `It spent ${usd(tripped.spentUsd)} in an hour; its limit is ${usd(tripped.mostUsd)}.`;
  }
}

function usd(amount: number): string {
  return usdForPeople(parseUsd(amount) ?? 0n);
}
