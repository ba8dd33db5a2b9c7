import type { Db } from '../db/transaction.ts';

/** Where people of an address sign in in place of a password: a path of this gateway. Undefined while no domain is connected. */
export async function findSsoRedirect(_db: Db, _email: string): Promise<string | undefined> {
  return undefined;
}
