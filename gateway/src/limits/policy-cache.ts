import { ModeCache } from '../db/mode-cache.ts';
import type { Db } from '../db/transaction.ts';
import { type CallPolicy, readPolicy } from './policy-store.ts';

/** The call policy of each workspace in live and in test mode. */
export class PolicyCache extends ModeCache<CallPolicy> {
  constructor({ db }: { db: Db }) {
    super((workspaceId, livemode) => readPolicy(db, workspaceId, livemode));
  }
}
