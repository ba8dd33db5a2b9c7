import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { bootstrap, type FirstKeys } from './bootstrap.ts';
import { keysWithTwins } from './key-store.ts';

/** Last of all that can fail in a start: keys are shown by the start that makes them, or never. */
export async function makeFirstKeys(
  db: Pool,
  options: {
    config: { bootstrapKey: string | undefined; bootstrapTestKey: string | undefined };
    log: Logger;
    nowMs: number;
  },
): Promise<{ firstKeys: FirstKeys | undefined; isFirst: boolean }> {
  const { bootstrapKey, bootstrapTestKey } = options.config;
  const made = await bootstrap(db, { bootstrapKey, bootstrapTestKey, nowMs: options.nowMs });
  for (const twin of await keysWithTwins(db))
    options.log.warn(
      twin,
      'this live key can be derived from a test key of an older version: create a new live key, then delete this one',
    );
  return made;
}
