import { restore } from '../backup/restore.ts';
import { loadConfig } from '../config.ts';
import { command } from './command.ts';
import { interruptible } from './interruptible.ts';

export const restoreCommand = command({
  name: 'restore',
  summary: 'puts a backup into an empty DATA_DIR or an empty database',
  help: `The whole file is checked first. A damaged one, one of a newer gateway, and a target that is not
empty are refused before anything is changed. A backup of an older version is migrated.`,
  options: { in: { value: 'PATH', required: true, help: 'the backup to read' } },
  run: ({ in: path }, { tell }) =>
    interruptible(async (signal) => {
      const config = loadConfig();
      const { head, took, migrated } = await restore(config, { path, signal });
      const target = config.databaseUrl === undefined ? config.dataDir : 'the database of DATABASE_URL';
      tell(`Restored the backup of ${head.created} into ${target} (${took.amount} in ${took.time}).`);
      if (migrated.length > 0)
        tell(`It was made by version ${head.gateway}; ${migrated.length} migrations brought it to this one.`);
      tell('Check the books with `verify-ledger`, then start the gateway.');
      return true;
    }),
});
