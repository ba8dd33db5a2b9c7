import type { Db } from '../db/transaction.ts';
import { listBrandedHosts } from './branded-host-store.ts';

interface Hosts {
  workspaceOf: ReadonlyMap<string, string>;
  hostOf: ReadonlyMap<string, string>;
}

/** The host names that workspaces have of their own, read once and remembered until the database says that one has changed. */
export class BrandedHosts {
  readonly #db: Db;
  #known: Promise<Hosts> | undefined;

  constructor({ db }: { db: Db }) {
    this.#db = db;
  }

  /** The workspace that a host name belongs to. The name is without a port. */
  async workspaceOf(host: string): Promise<string | undefined> {
    return (await this.#hosts()).workspaceOf.get(host.toLowerCase());
  }

  /** Where people of a workspace's clients meet the gateway: by its own host name, else by PUBLIC_URL. */
  async urlFor(workspaceId: string, publicUrl: string): Promise<string> {
    const host = (await this.#hosts()).hostOf.get(workspaceId);
    if (host === undefined) return publicUrl;
    const { protocol, port } = new URL(publicUrl);
    return `${protocol}//${host}${port === '' ? '' : `:${port}`}`;
  }

  forget(): void {
    this.#known = undefined;
  }

  #hosts(): Promise<Hosts> {
    if (this.#known !== undefined) return this.#known;
    const reading = readHosts(this.#db);
    this.#known = reading;
    // A database that was away is asked again.
    reading.catch(() => {
      if (this.#known === reading) this.#known = undefined;
    });
    return reading;
  }
}

async function readHosts(db: Db): Promise<Hosts> {
  const all = await listBrandedHosts(db);
  return {
    workspaceOf: new Map(all.map(({ host, workspaceId }) => [host, workspaceId])),
    hostOf: new Map(all.map(({ host, workspaceId }) => [workspaceId, host])),
  };
}
