import { readFileSync } from 'node:fs';
import { withLongTransaction } from '../db/transaction.ts';
import { wholeInstallationMinutes } from '../db/transaction-settings.ts';
import { checkBill } from './check-bill.ts';
import { command } from './command.ts';
import { readExport } from './provider-export.ts';
import { withDatabase } from './with-database.ts';

export const checkBillCommand = command({
  name: 'check-bill',
  summary: 'compares a month with a provider’s usage export',
  help: 'Prints every model, and exits 1 when one differs.',
  options: {
    provider: { value: 'NAME', required: true, help: 'the provider, as calls name it: openai, anthropic, …' },
    month: { value: 'YYYY-MM', required: true, help: 'the month, in UTC as the providers count' },
    file: { value: 'FILE', required: true, help: 'the provider’s usage export, CSV or JSON' },
  },
  run: ({ provider, month, file }, { print }) => {
    // A transaction may not idle while a long file is read.
    const billed = readExport(readFileSync(file, 'utf8'));
    return withDatabase((pool) =>
      withLongTransaction(pool, wholeInstallationMinutes, (tx) => checkBill(tx, { provider, month, billed }, print)),
    );
  },
});
