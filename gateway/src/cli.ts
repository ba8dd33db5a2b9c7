import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from './config.ts';
import { openForTool } from './db/open-database.ts';
import { checkBill } from './tools/check-bill.ts';
import { exportDatabase, importDatabase } from './tools/move-database.ts';
import { verifyLedger } from './tools/verify-ledger.ts';

/** The tools beside the gateway: they look at its database, or move it. */
const usage = `usage:
  verify-ledger                                    recompute every budget from its calls; exits 1 when something differs
  export [--out FILE]                              write the whole database as lines of JSON (to the standard output)
  import [--in FILE]                               fill an empty database with an export (from the standard input)
  check-bill --provider NAME --month 2026-11 --file EXPORT
                                                   compare a month with a provider's usage export (CSV or JSON)
The database is the one the gateway uses: DATABASE_URL, or the embedded one in DATA_DIR.`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  tell(error instanceof ConfigError || error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function run(args: string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      in: { type: 'string' },
      provider: { type: 'string' },
      month: { type: 'string' },
      file: { type: 'string' },
    },
  });
  const [command] = positionals;
  if (!['verify-ledger', 'export', 'import', 'check-bill'].includes(command ?? '')) {
    tell(usage);
    return false;
  }
  const { databaseUrl, dataDir } = loadConfig();
  const database = await openForTool({ databaseUrl, dataDir });
  const { pool } = database;
  try {
    switch (command) {
      case 'verify-ledger':
        return await verifyLedger(pool, print);
      case 'export': {
        const out = values.out === undefined ? process.stdout : createWriteStream(values.out, { mode: 0o600 });
        const rows = await exportDatabase(pool, out);
        if (out !== process.stdout) {
          out.end();
          await finished(out);
        }
        tell(
          `${rows} rows exported. Stored provider keys and webhooks open with the same GATEWAY_SECRET only (${dataDir}/gateway-secret where it was generated): take it along.`,
        );
        return true;
      }
      case 'import': {
        const input = values.in === undefined ? process.stdin : createReadStream(values.in);
        const rows = await importDatabase(pool, input);
        tell(`${rows} rows imported. Start the gateway with the GATEWAY_SECRET of the old one.`);
        return true;
      }
      default: {
        const { provider, month, file } = values;
        if (provider === undefined || month === undefined || file === undefined) {
          tell(usage);
          return false;
        }
        return await checkBill(pool, { provider, month, export: readFileSync(file, 'utf8') }, print);
      }
    }
  } finally {
    await database.stop();
  }
}
