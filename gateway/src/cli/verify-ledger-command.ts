import { withLongTransaction } from '../db/transaction.ts';
import { wholeInstallationMinutes } from '../db/transaction-settings.ts';
import { command } from './command.ts';
import { verifyLedger } from './verify-ledger.ts';
import { withDatabase } from './with-database.ts';

export const verifyLedgerCommand = command({
  name: 'verify-ledger',
  summary: 'recomputes every budget from its calls and prints any difference',
  help: 'May run beside the gateway. Exits 0 when every budget is what its calls add up to, 1 when one differs. Calls that the database refused are named; they are paid for, and count as they should. Another primary that took calls is named too; it exits 1 where the gateway of this DATA_DIR wrote there last.',
  options: {},
  run: (_values, { print }) =>
    withDatabase((pool, { dataDir }) =>
      withLongTransaction(pool, wholeInstallationMinutes, (tx) => verifyLedger(tx, print, { dataDir })),
    ),
});
