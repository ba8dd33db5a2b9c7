import { createReadStream } from 'node:fs';
import { importDatabase } from '../backup/move-database.ts';
import { showProgress } from '../backup/progress.ts';
import { migrate } from '../db/migrate.ts';
import { command } from './command.ts';
import { interruptible } from './interruptible.ts';
import { withDatabase } from './with-database.ts';

export const importCommand = command({
  name: 'import',
  summary: 'fills an empty database with an export',
  help: `A database that is not empty is refused, and nothing of a damaged export is kept. An export of an
older version is migrated. Then start the gateway with the GATEWAY_SECRET of the old one.`,
  options: { in: { value: 'FILE', help: 'the export to read (otherwise the standard input)' } },
  run: ({ in: path }, { tell }) =>
    interruptible((signal) =>
      withDatabase(
        async (pool) => {
          const progress = showProgress({ verb: 'Importing', unit: 'rows' });
          let rows: number;
          try {
            rows = await importDatabase(pool, path === undefined ? process.stdin : createReadStream(path), {
              onRows: progress.add,
              signal,
            });
          } catch (error) {
            progress.end();
            throw signal.aborted ? new Error('Interrupted. Nothing was imported.', { cause: error }) : error;
          }
          const { time } = progress.end();
          const migrated = await migrate(pool);
          if (migrated.length > 0) tell(`The export is of an older version: ${migrated.length} migrations followed.`);
          tell(`${rows} rows imported in ${time}. Start the gateway with the GATEWAY_SECRET of the old one.`);
          return true;
        },
        { migrates: false, fills: true },
      ),
    ),
});
