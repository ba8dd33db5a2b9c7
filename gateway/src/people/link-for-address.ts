import type { Pool } from 'pg';
import { findPerson, hasPeople } from './person-store.ts';
import { linkUrl, makeLink } from './sign-in-link.ts';

/** A link for the person of an address; where there are no people yet, one that makes the first. Undefined where nobody has the address. */
export async function linkForAddress(
  db: Pool,
  { address, baseUrl }: { address: string; baseUrl: string },
): Promise<string | undefined> {
  const email = address.trim().toLowerCase();
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw new Error(`"${address}" is not an e-mail address.`);
  const person = await findPerson(db, { email });
  if (person !== undefined) return linkUrl(baseUrl, await makeLink(db, { purpose: 'sign-in', personId: person.id }));
  if (await hasPeople(db)) return undefined;
  return linkUrl(baseUrl, await makeLink(db, { purpose: 'first', email }));
}
