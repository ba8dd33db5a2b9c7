import { randomInt } from 'node:crypto';

/** The variable that holds the seed of a run's random draws. A worker, and the second run of a failed file, inherit it. */
export const seedVariable = 'TEST_SEED';

process.env[seedVariable] ??= String(randomInt(2 ** 31));

/** One seed for a whole run: a test that is repeated draws the same again, so what it found fails twice. */
export const seed = Number(process.env[seedVariable]);

/** For the end of a run in which tests failed. */
export const seedLine = `random draws: seed ${seed}, ${seedVariable}=${seed} draws the same`;
