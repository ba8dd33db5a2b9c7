import type { Db } from '../db/transaction.ts';

/** Who needs a prompt to stay, in words for people: `rule "Invoices"`. Nothing but calls does yet. */
export function findPromptUses(_tx: Db, _workspaceId: string, _promptId: string): Promise<string[]> {
  return Promise.resolve([]);
}
