import { backupCommand } from './backup-command.ts';
import { checkBillCommand } from './check-bill-command.ts';
import type { Command } from './command.ts';
import { doctorCommand } from './doctor-command.ts';
import { exportCommand } from './export-command.ts';
import { importCommand } from './import-command.ts';
import { promptsCommand } from './prompts-command.ts';
import { restoreCommand } from './restore-command.ts';
import { rotateSecretCommand } from './rotate-secret-command.ts';
import { signInLinkCommand } from './sign-in-link-command.ts';
import { spreadCommand } from './spread-command.ts';
import { startCommand } from './start-command.ts';
import { verifyLedgerCommand } from './verify-ledger-command.ts';

/** Every command of `npm run gateway` and `npx ai-gateway`, in the order of their list. */
export const commands: readonly Command[] = [
  startCommand,
  signInLinkCommand,
  verifyLedgerCommand,
  exportCommand,
  importCommand,
  backupCommand,
  restoreCommand,
  rotateSecretCommand,
  doctorCommand,
  promptsCommand,
  checkBillCommand,
  spreadCommand,
];
