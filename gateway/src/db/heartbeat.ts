import type pg from 'pg';

const beatMs = 10_000;
/** A client whose statements go unanswered for longer has lost its server. */
export const answerWithinMs = 5_000;

/**
 * Asks the server now and then whether it is there, on a connection that is otherwise silent: a network that drops it without a word
 * (a NAT, a firewall) would be noticed hours later. A connection without an answer is cut, and its `end` event says so. The client wants
 * `query_timeout`. `lateMs` after a question without an answer `onLate` hears of it.
 */
export function beat(
  client: pg.Client,
  { everyMs = beatMs, lateMs, onLate }: { everyMs?: number; lateMs?: number; onLate?: () => void } = {},
): void {
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    const late = lateMs === undefined || onLate === undefined ? undefined : setTimeout(onLate, lateMs);
    try {
      await client.query('select 1');
    } catch {
      cut(client);
    } finally {
      clearTimeout(late);
      isAsking = false;
    }
  };
  const timer = setInterval(() => {
    if (!isAsking) void ask();
  }, everyMs);
  timer.unref();
  client.once('end', () => clearInterval(timer));
}

export function cut(client: pg.ClientBase): void {
  // `end` would say goodbye, and wait for an answer.
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
