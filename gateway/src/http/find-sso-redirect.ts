import type { Db } from '../db/transaction.ts';
import { domainOf } from '../sso/sso-connection.ts';
import { findConnectionOfDomain } from '../sso/sso-connection-store.ts';

/** Where people of an address sign in in place of a password: a path of this gateway. Undefined where no connection has the verified domain. */
export async function findSsoRedirect(db: Db, email: string): Promise<string | undefined> {
  const connection = await findConnectionOfDomain(db, domainOf(email));
  return connection && `/auth/sso/${connection.slug}`;
}
