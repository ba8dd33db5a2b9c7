import pg, { type Connection, type Pool, type PoolClient, type Submittable } from 'pg';

/** A statement with its values as text, or one that copies rows in. Prepared once on each connection, by its name. */
export type Step = { name: string; text: string } & ({ values: readonly (string | null)[] } | { copied: Buffer });

/** A row as Postgres prints it. */
export type TextRow = readonly (string | null)[];

const begin: Step = { name: 'begin', text: 'begin', values: [] };
const commit: Step = { name: 'commit', text: 'commit', values: [] };

/**
 * Runs statements in one trip to the database and one transaction, with `begin` and `commit` on the wire: Postgres treats the
 * statements before a Sync as one transaction anyway, but a cluster or a proxy in front may not. Resolves with the rows of all of
 * them, one after the other. Throws a DatabaseError where one was refused, and nothing was done; after any other error nobody
 * knows.
 */
export async function runPipeline(pool: Pool, steps: readonly Step[]): Promise<TextRow[]> {
  const client = await pool.connect();
  const all = [begin, ...steps, commit];
  let broken: Error | undefined;
  try {
    await prepare(client, all);
    return await submit(client, (connection) => {
      for (const step of all) send(connection, step);
    });
  } catch (error) {
    if (!isRefusal(error)) broken = error as Error;
    else
      await client.query('rollback').catch((cause: Error) => {
        broken = cause;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The server said no, and has undone what there was to undo. */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}

const preparedNames = new WeakMap<PoolClient, Set<string>>();

async function prepare(client: PoolClient, steps: readonly Step[]): Promise<void> {
  let prepared = preparedNames.get(client);
  if (prepared === undefined) {
    prepared = new Set();
    preparedNames.set(client, prepared);
  }
  for (const { name, text } of steps) {
    if (prepared.has(name)) continue;
    await submit(client, (connection) => connection.parse({ name, text, types: [] }, true));
    prepared.add(name);
  }
}

/** Members of `pg` that its types leave out. */
interface CopyingConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

function send(connection: CopyingConnection, step: Step): void {
  connection.bind({ statement: step.name, values: 'values' in step ? (step.values as string[]) : [] }, true);
  connection.execute({}, true);
  if ('values' in step) return;
  connection.sendCopyFromChunk(step.copied);
  connection.endCopyFrom();
}

function submit(client: PoolClient, write: (connection: CopyingConnection) => void): Promise<TextRow[]> {
  return new Promise((resolve, reject) => {
    client.query(new Pipeline(write, (error, rows) => (error ? reject(error) : resolve(rows))));
  });
}

/** A query on a connection, in the interface that `pg` calls: messages out, answers in, until the server is ready for the next. */
class Pipeline implements Submittable {
  /** `pg` puts its own around it, to stop the clock of `query_timeout`. */
  callback: (error: Error | undefined, rows: TextRow[]) => void;
  readonly #write: (connection: CopyingConnection) => void;
  readonly #rows: TextRow[] = [];

  constructor(write: (connection: CopyingConnection) => void, callback: Pipeline['callback']) {
    this.#write = write;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    try {
      this.#write(connection as CopyingConnection);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleDataRow({ fields }: { fields: TextRow }): void {
    this.#rows.push(fields);
  }

  handleError(error: Error): void {
    this.callback(error, []);
  }

  handleReadyForQuery(): void {
    this.callback(undefined, this.#rows);
  }

  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handleCopyInResponse(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
