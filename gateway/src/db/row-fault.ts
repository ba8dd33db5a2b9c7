import { isRefusal } from './pipeline.ts';

/**
 * Does the server refuse what was asked, so that asking again cannot help? Everything is such a refusal but what passes: connections
 * (class 08), read-only and broken transactions (25), statements a proxy has lost (26), deadlocks and serialization (40), no room (53), locks
 * (55), a server that stops, or a statement that took too long (57), and the machine below it (58). A trigger may raise what it likes, an index or a check
 * may be broken: for a call that is no reason to be forgotten, nor to hold up the others.
 */
export function isRowFault(error: unknown): boolean {
  return isRefusal(error) && !/^(08|25|26|40|53|55|57|58)/.test(sqlState(error));
}

/** Five characters; nothing for what is no answer of Postgres's. */
export function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
