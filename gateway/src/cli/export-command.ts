import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { exportDatabase } from '../tools/move-database.ts';
import { command } from './command.ts';
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
    withDatabase(async (pool, { dataDir }) => {
      const out = path === undefined ? process.stdout : createWriteStream(path, { mode: 0o600 });
      const rows = await exportDatabase(pool, out);
      if (out !== process.stdout) {
        out.end();
        await finished(out);
      }
      tell(
        `${rows} rows exported. Stored provider keys and webhooks open with the same GATEWAY_SECRET only (${dataDir}/gateway-secret where it was generated): take it along.`,
      );
      return true;
    }),
});
