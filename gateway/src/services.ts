import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { WorkspaceViews } from './accounts/workspace-view.ts';
import type { Journal } from './budgets/journal.ts';
import type { Outgoing } from './outgoing/outgoing.ts';
import type { HealthBoard } from './routing/health-board.ts';

/** What the world offers to those who act in it. Made once at start; tests make their own. */
export interface Services {
  db: Pool;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
  processId: string;
  /** 64 hex digits: seals stored provider keys and kept answers. */
  secret: string;
  publicUrl: string;
  allowPrivateNetwork: boolean;
  operatorKey: string | undefined;
  journal: Journal;
  outgoing: Outgoing;
  workspaces: WorkspaceViews;
  health: HealthBoard;
  /** Drops what is remembered of a key on this process at once; the others hear of it from the database. */
  forgetKey: (keyId: string) => void;
}
