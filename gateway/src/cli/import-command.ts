import { createReadStream } from 'node:fs';
import { importDatabase } from '../tools/move-database.ts';
import { command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const importCommand = command({
  name: 'import',
  summary: 'fills an empty database with an export',
  help: `A database that is not empty is refused, and nothing of a damaged export is kept. Then start the gateway with the
GATEWAY_SECRET of the old one.`,
  options: { in: { value: 'FILE', help: 'the export to read (otherwise the standard input)' } },
  run: ({ in: path }, { tell }) =>
    withDatabase(async (pool) => {
      const rows = await importDatabase(pool, path === undefined ? process.stdin : createReadStream(path));
      tell(`${rows} rows imported. Start the gateway with the GATEWAY_SECRET of the old one.`);
      return true;
    }),
});
