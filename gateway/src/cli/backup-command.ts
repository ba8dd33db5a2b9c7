import { backUp } from '../backup/back-up.ts';
import { amountOf } from '../backup/progress.ts';
import { loadConfig } from '../config.ts';
import { command } from './command.ts';
import { interruptible } from './interruptible.ts';

export const backupCommand = command({
  name: 'backup',
  summary: 'writes database and secret to one file, beside a running gateway or without one',
  help: `The file is readable by its owner only, and one that exists is never overwritten. Keep it safe:
the generated secret is in it. A GATEWAY_SECRET that is set is not in it: keep that one elsewhere.`,
  options: { out: { value: 'PATH', required: true, help: 'the file to write; - for the standard output' } },
  run: ({ out }, { tell }) =>
    interruptible(async (signal) => {
      const { kind, bytes, took, secretIncluded } = await backUp(loadConfig(), { out, signal });
      const what = kind === 'physical' ? 'the database' : 'the rows of the database';
      tell(
        `Backed up ${what} (${took.amount} in ${took.time}) to ${out === '-' ? 'the standard output' : out}: ${amountOf(bytes, 'bytes')}.`,
      );
      tell(
        secretIncluded
          ? 'The generated secret is in it: the file opens stored provider keys. Keep it as safe as a password.'
          : 'GATEWAY_SECRET is not in it: keep it elsewhere; a restore asks for it.',
      );
      return true;
    }),
});
