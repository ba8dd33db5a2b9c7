import type { Db } from '../db/transaction.ts';
import { WorldViews } from '../db/world-views.ts';
import { type Guards, readGuards } from './guard-store.ts';

/** What may stand in a call's way beside budgets, of each workspace's two worlds. */
export class GuardViews extends WorldViews<Guards> {
  constructor({ db }: { db: Db }) {
    super((workspaceId, livemode) => readGuards(db, workspaceId, livemode));
  }
}
