import type pg from 'pg';

const beatMs = 10_000;
/** A client whose statements go unanswered for longer has lost its server. */
export const answerWithinMs = 5_000;

/**
 * Asks the server now and then whether it is there, on a connection that is otherwise silent: a network that drops it without a word
 * (a NAT, a firewall) would be noticed hours later. One that does not answer is cut, which its `end` tells. The client wants
 * `query_timeout`.
 */
export function beat(client: pg.Client, everyMs = beatMs): void {
  const timer = setInterval(() => {
    client.query('select 1').catch(() => cut(client));
  }, everyMs);
  timer.unref();
  client.once('end', () => clearInterval(timer));
}

function cut(client: pg.Client): void {
  // `end` would say goodbye, and wait for an answer.
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
