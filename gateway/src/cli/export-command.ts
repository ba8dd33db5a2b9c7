import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Pool } from 'pg';
import { estimateRows } from '../backup/dump-store.ts';
import { exportDatabase } from '../backup/move-database.ts';
import { showProgress } from '../backup/progress.ts';
import { asideOf, removeUnfinished } from '../backup/unfinished-file.ts';
import { command } from './command.ts';
import { interruptible } from './interruptible.ts';
import { withDatabase } from './with-database.ts';

export const exportCommand = command({
  name: 'export',
  summary: 'writes the whole database as lines of JSON, to move it to another database',
  help: `May run beside the gateway. Stored provider keys and webhooks stay encrypted: take GATEWAY_SECRET along, or the
generated secret in DATA_DIR/gateway-secret.`,
  options: {
    out: { value: 'FILE', help: 'the file to write, readable by its owner only (otherwise the standard output)' },
  },
  run: ({ out: path }, { tell }) =>
    interruptible((signal) =>
      withDatabase(
        async (pool, { dataDir }) => {
          const { rows, time } =
            path === undefined ? await write(pool, process.stdout, signal) : await writeFile(pool, path, signal);
          tell(
            `${rows} rows exported in ${time}. Stored provider keys and webhooks open with the same GATEWAY_SECRET only (${dataDir}/gateway-secret where it was generated): take it along.`,
          );
          return true;
        },
        { migrates: false },
      ),
    ),
});

interface Exported {
  rows: number;
  time: string;
}

async function write(
  pool: Pool,
  out: NodeJS.WritableStream & Parameters<typeof exportDatabase>[1],
  signal: AbortSignal,
): Promise<Exported> {
  const progress = showProgress({ verb: 'Exporting', unit: 'rows', total: await estimateRows(pool) });
  try {
    const rows = await exportDatabase(pool, out, { onRows: progress.add, signal });
    return { rows, time: progress.end().time };
  } catch (error) {
    progress.end();
    throw signal.aborted ? new Error('Interrupted. The export is not whole.', { cause: error }) : error;
  }
}

/** The file gets its name only when it is whole, and replaces an older one then. A device or a pipe is written to as it is. */
async function writeFile(pool: Pool, path: string, signal: AbortSignal): Promise<Exported> {
  const isSpecial = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  if (!isSpecial) await removeUnfinished(path);
  const aside = isSpecial ? path : asideOf(path);
  const file = createWriteStream(aside, { mode: 0o600, flags: isSpecial ? 'w' : 'wx' });
  const failed = new AbortController();
  let fault: NodeJS.ErrnoException | undefined;
  const ended = finished(file).catch((error: NodeJS.ErrnoException) => {
    fault = error;
    // A write that waits for the file to take more would wait for ever.
    failed.abort();
  });
  try {
    const exported = await write(pool, file, AbortSignal.any([signal, failed.signal]));
    file.end();
    await ended;
    if (fault !== undefined) throw fault;
    if (!isSpecial) await rename(aside, path);
    return exported;
  } catch (error) {
    // A stream that is destroyed now emits an error, too.
    const cause = fault ?? error;
    file.destroy();
    if (!isSpecial) await rm(aside, { force: true });
    throw (cause as NodeJS.ErrnoException).code === 'ENOSPC'
      ? new Error(`No space is left for ${path}, which was not written.`, { cause })
      : cause;
  }
}
