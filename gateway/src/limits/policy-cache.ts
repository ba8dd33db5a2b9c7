import type { Db } from '../db/transaction.ts';
import { ModeCache } from '../db/mode-cache.ts';
import { type Guards, readGuards } from './guard-store.ts';

/** The call policy of each workspace in live and in test mode. */
export class PolicyCache extends ModeCache<Guards> {
  constructor({ db }: { db: Db }) {
    super((workspaceId, livemode) => readGuards(db, workspaceId, livemode));
  }
}
