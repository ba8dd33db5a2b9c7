import { RecentMap } from '../db/recent-map.ts';
import type { Db } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';
import { hashToken } from './secret-token.ts';
import { findSession, noteSeen, type SignedIn } from './session-store.ts';

const rememberMs = 60_000;
const remembered = 20_000;
const notedEveryMs = 5 * 60_000;

/**
 * Cookie to person, remembered as keys are: for a minute, and forgotten as soon as the database says that something of the person has
 * changed. Unknown cookies are never remembered.
 */
export class SessionCache {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #known = new RecentMap<{ signedIn: SignedIn; until: number }>({ most: remembered });
  /** Counts what was forgotten: an answer read before a session ended must not be remembered after. */
  #forgotten = 0;

  constructor(options: { db: Db; now: () => number }) {
    this.#db = options.db;
    this.#now = options.now;
  }

  async find(token: string, address?: string): Promise<SignedIn | undefined> {
    const hash = hashToken(token);
    if (hash === undefined) return undefined;
    const name = hash.toString('base64');
    const known = this.#known.get(name);
    const leftMs = (known?.until ?? 0) - this.#now();
    // More than a minute is left only after a clock was set back: the session must not outlive its end.
    if (known !== undefined && leftMs > 0 && leftMs <= rememberMs) return known.signedIn;
    const forgotten = this.#forgotten;
    const signedIn = await this.#read(hash, address);
    if (signedIn === undefined) return undefined;
    if (forgotten !== this.#forgotten) return signedIn;
    const until = Math.min(this.#now() + rememberMs, signedIn.session.expiresAt.getTime());
    this.#known.set(name, { signedIn, until });
    return signedIn;
  }

  /** The sessions of one person, or all: after a lost connection nobody knows what was missed. */
  forget(personId?: string): void {
    this.#forgotten += 1;
    if (personId === undefined) this.#known.clear();
    for (const [name, { signedIn }] of this.#known) if (signedIn.person.id === personId) this.#known.delete(name);
  }

  forgetWorkspace(workspaceId: string): void {
    this.#forgotten += 1;
    for (const [name, { signedIn }] of this.#known)
      if (signedIn.memberships.some((membership) => membership.workspaceId === workspaceId)) this.#known.delete(name);
  }

  async #read(hash: Buffer, address: string | undefined): Promise<SignedIn | undefined> {
    try {
      const signedIn = await findSession(this.#db, hash);
      if (signedIn !== undefined && signedIn.seenAt.getTime() < this.#now() - notedEveryMs)
        await noteSeen(this.#db, { id: signedIn.session.id, address });
      return signedIn;
    } catch {
      throw databaseAway();
    }
  }
}
