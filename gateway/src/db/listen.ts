import pg from 'pg';
import { answerWithinMs, beat, cut } from './heartbeat.ts';
import { type Admit, type Connection, stayConnected } from './pool.ts';

export interface Listener {
  close(): Promise<void>;
}

const retryMs = 500;
/** Together with `lateMs` and a look around, a server that hangs is known of within five seconds. */
const beatMs = 1_000;
const lateMs = 2_000;
const lookMs = 1_500;

/** Does the server say anything to a new connection? A refusal is an answer too. */
async function isAnswering(connection: Connection): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: lookMs, query_timeout: lookMs });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    return error instanceof pg.DatabaseError;
  } finally {
    client.end().catch(() => {});
  }
}

/**
 * Listens for notifications on a connection of its own, until it is closed. After a loss it reconnects and calls `onGap`:
 * notifications may have been missed, so caches must be dropped.
 */
export async function listen(
  connection: Connection,
  options: {
    channels: readonly string[];
    onNotification: (channel: string, payload: string) => void;
    onGap: () => void;
    /** How often the server is asked whether it is there. */
    beatMs?: number;
    admit?: Admit | undefined;
    /** The server answers nobody: neither this connection nor a new one. */
    onSilent?: () => void;
  },
): Promise<Listener> {
  let closed = false;
  // Before the first connection is ready there is nothing to reconnect to: its failure is thrown to the caller.
  let reconnecting = true;
  let client = await connect();
  reconnecting = false;

  async function connect(): Promise<pg.Client> {
    const next = new pg.Client({
      ...connection,
      application_name: 'ai-gateway listen',
      connectionTimeoutMillis: 3_000,
      query_timeout: answerWithinMs,
      keepAlive: true,
    });
    next.on('notification', ({ channel, payload }) => options.onNotification(channel, payload ?? ''));
    // A connection that dies may say so twice, and an error nobody listens to would end the process.
    next.on('error', () => void reconnect());
    next.once('end', () => void reconnect());
    try {
      await next.connect();
      await stayConnected(next);
      await options.admit?.(next);
      beat(next, { everyMs: options.beatMs ?? beatMs, lateMs, onLate: () => void lookAround() });
      for (const channel of options.channels) await next.query(`listen ${pg.escapeIdentifier(channel)}`);
      return next;
    } catch (cause) {
      // A server that answers later than we wait would keep this connection, and what it listens to would come twice.
      cut(next);
      throw cause;
    }
  }

  /** This connection alone may be lost; a server that answers a new one is there. */
  async function lookAround(): Promise<void> {
    if (!closed && !(await isAnswering(connection))) options.onSilent?.();
  }

  async function reconnect(): Promise<void> {
    if (closed || reconnecting) return;
    reconnecting = true;
    options.onGap();
    while (!closed) {
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      try {
        client = await connect();
        options.onGap();
        break;
      } catch {
        // The database is still away; the journal tells the callers.
      }
    }
    reconnecting = false;
  }

  return {
    close: async () => {
      closed = true;
      await client.end().catch(() => {});
    },
  };
}
