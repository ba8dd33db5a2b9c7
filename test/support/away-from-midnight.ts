import { setTimeout as sleep } from 'node:timers/promises';

const dayMs = 86_400_000;

/** For a `beforeAll`: the tests after it see one day, and so one month, in UTC. Waits only in the last three minutes of the day. */
export async function awayFromMidnight(): Promise<void> {
  const left = dayMs - (Date.now() % dayMs);
  if (left < 180_000) await sleep(left + 1_000);
}
