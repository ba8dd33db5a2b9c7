import { RecentMap } from './recent-map.ts';

/**
 * The settings of each workspace in live and in test mode: read once and remembered until the database says that one
 * has changed, or nobody has asked for them for an hour or two.
 */
export class ModeCache<View> {
  readonly #read: (workspaceId: string, livemode: boolean) => Promise<View>;
  readonly #live = new RecentMap<View>();
  readonly #test = new RecentMap<View>();
  /** Counts what was forgotten: what was read before a change must not be remembered after it. */
  #forgotten = 0;

  constructor(read: (workspaceId: string, livemode: boolean) => Promise<View>) {
    this.#read = read;
  }

  of(workspaceId: string, livemode: boolean): View | Promise<View> {
    return (livemode ? this.#live : this.#test).get(workspaceId) ?? this.#lookUp(workspaceId, livemode);
  }

  /** Drops one workspace's entries, or all: after a lost connection any change may have been missed. */
  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    for (const cached of [this.#live, this.#test]) {
      if (workspaceId === undefined) cached.clear();
      else cached.delete(workspaceId);
    }
  }

  async #lookUp(workspaceId: string, livemode: boolean): Promise<View> {
    const forgotten = this.#forgotten;
    const view = await this.#read(workspaceId, livemode);
    if (forgotten !== this.#forgotten) return this.of(workspaceId, livemode);
    (livemode ? this.#live : this.#test).set(workspaceId, view);
    return view;
  }
}
