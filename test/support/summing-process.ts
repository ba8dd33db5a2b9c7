import { createPool } from '../../gateway/src/db/pool.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';

/** Sums up to a time, as a gateway does on its timer, and ends: `node summing-process.ts DATABASE_URL MILLISECONDS`. */
const [connectionString = '', untilMs = ''] = process.argv.slice(2);
const db = createPool({ connectionString });
while (await rollUp(db, Number(untilMs)));
await db.end();
