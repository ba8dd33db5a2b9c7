import { ModeCache } from '../db/mode-cache.ts';
import type { Db } from '../db/transaction.ts';
import type { WorkspaceSettings } from './workspace-settings.ts';
import { readSettings } from './workspace-settings-store.ts';

/**
 * A workspace's settings, read once and remembered until the database says they changed. Its time zone is
 * `(await services.settings.of(workspaceId, livemode)).timezone`.
 */
export class SettingsCache extends ModeCache<WorkspaceSettings> {
  constructor({ db }: { db: Db }) {
    super((workspaceId, livemode) => readSettings(db, { workspaceId, livemode }));
  }
}
