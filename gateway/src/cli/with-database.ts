import type { Pool } from 'pg';
import { type Config, loadConfig } from '../config.ts';
import { openForTool, openUsedForTool } from '../db/open-database.ts';

/** Runs `work` over the database that the gateway uses: DATABASE_URL, or the embedded one, whether a gateway runs or not. */
export async function withDatabase<T>(
  work: (pool: Pool, config: Config) => Promise<T>,
  /** `migrates` false: a database is looked at, or filled, as it is. `fills`: one that no gateway has used yet is filled, others refuse it. */
  { migrates = true, fills = false }: { migrates?: boolean; fills?: boolean } = {},
): Promise<T> {
  const config = loadConfig();
  const database = await (fills ? openForTool : openUsedForTool)({ ...config, migrates });
  try {
    return await work(database.pool, config);
  } finally {
    await database.stop();
  }
}
