import type { AccountKind } from '@ai-gateway/shared/provider-kinds';
import { RecentMap } from '../db/recent-map.ts';
import type { Db } from '../db/transaction.ts';
import { findAccountOwner, listProviderAccounts, type OwnModel } from './provider-account-store.ts';
import { unseal } from './seal.ts';
import {
  type CacheEpochs,
  type Fallbacks,
  type ModelPool,
  readCacheEpochs,
  readFallbacks,
  readModelPool,
  readNeedsPlan,
} from './workspace-store.ts';

/** An account at a provider that a workspace may use. */
export interface ProviderAccount {
  /** Tells accounts apart across workspaces: the operator's are shared, a workspace's own are its own. */
  id: string;
  /** How `provider/model` names it; unique in the workspace. */
  name: string;
  kind: AccountKind;
  baseUrl: string;
  apiKey: string;
  /** The operator's own, from the environment: its address is trusted and its calls are metered by the plan. */
  operators: boolean;
  /** Priced models of a provider of one's own. */
  models: readonly OwnModel[];
}

/** The part of a workspace that routing needs, read once and remembered until the database says it changed. */
export interface WorkspaceView {
  accounts: readonly ProviderAccount[];
  fallbacks: Fallbacks;
  pool: ModelPool;
  /** It signed up, and has neither a plan nor a provider account of its own: its live calls are refused. */
  needsPlan: boolean;
  cacheEpochs: CacheEpochs;
}

export class WorkspaceCache {
  readonly #db: Db;
  readonly #secret: string;
  /** The operator's own accounts, which every workspace may use. */
  readonly operators: readonly ProviderAccount[];
  readonly #views = new RecentMap<WorkspaceView>();
  #forgotten = 0;

  constructor(options: { db: Db; secret: string; operators: readonly ProviderAccount[] }) {
    this.#db = options.db;
    this.#secret = options.secret;
    this.operators = options.operators;
  }

  view(workspaceId: string): WorkspaceView | Promise<WorkspaceView> {
    return this.#views.get(workspaceId) ?? this.#read(workspaceId);
  }

  /** The owner of an account; an operator's account has no workspace. Undefined for an account that is gone, and for the sandbox. */
  async ownerOf(account: string): Promise<{ name: string; workspaceId: string | undefined } | undefined> {
    const operators = this.operators.find(({ id }) => id === account);
    if (operators !== undefined) return { name: operators.name, workspaceId: undefined };
    const row = await findAccountOwner(this.#db, account);
    return row && { name: row.name, workspaceId: row.workspaceId };
  }

  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    if (workspaceId === undefined) this.#views.clear();
    else this.#views.delete(workspaceId);
  }

  async #read(workspaceId: string): Promise<WorkspaceView> {
    const forgotten = this.#forgotten;
    const [rows, fallbacks, pool, needsPlan, cacheEpochs] = await Promise.all([
      listProviderAccounts(this.#db, workspaceId),
      readFallbacks(this.#db, workspaceId),
      readModelPool(this.#db, workspaceId),
      readNeedsPlan(this.#db, workspaceId),
      readCacheEpochs(this.#db, workspaceId),
    ]);
    const own = rows.map(
      (row): ProviderAccount => ({
        id: row.id,
        name: row.name,
        kind: row.kind,
        baseUrl: row.baseUrl,
        apiKey: unseal(this.#secret, row.sealedKey, sealContext(row)).toString(),
        operators: false,
        models: row.models,
      }),
    );
    // An account of one's own by the vendor's name takes the place of the operator's. A key of one's own pays for calls on it, and for no others.
    const operators = needsPlan ? [] : this.operators;
    const view = {
      accounts: [...own, ...operators.filter(({ name }) => own.every((account) => account.name !== name))],
      fallbacks,
      pool,
      needsPlan: needsPlan && own.length === 0,
      cacheEpochs,
    };
    if (forgotten === this.#forgotten) this.#views.set(workspaceId, view);
    return view;
  }
}

/** A stored key opens only for the workspace, account and origin it was stored for. */
export function sealContext(row: { workspaceId: string; id: string; baseUrl: string }): string[] {
  return ['provider-key', row.workspaceId, row.id, new URL(row.baseUrl).origin];
}
