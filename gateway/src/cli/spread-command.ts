import { command } from './command.ts';
import { spread } from './spread.ts';
import { withDatabase } from './with-database.ts';

export const spreadCommand = command({
  name: 'spread',
  summary: 'spreads the largest tables over the workers of a Citus cluster',
  help: `For installations with many workspaces whose calls outgrow one machine. DATABASE_URL leads to the coordinator,
and no gateway runs meanwhile. The rows of one workspace stay together on one worker, and the ledger stays on the
coordinator. Exits 1, with the reason and nothing changed, where the database cannot be spread.`,
  options: {},
  run: (_values, { print }) => withDatabase((pool) => spread(pool, print)),
});
