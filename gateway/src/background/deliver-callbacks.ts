import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type PostPorts, postSigned } from '../webhooks/post-signed.ts';
import { nextDelayMs, verdictOf } from '../webhooks/retry-table.ts';
import { callbackUrlOf, unsealFor } from './background.ts';
import { type BackgroundRow, endDelivery, postponeDelivery, takeDue } from './background-store.ts';
import type { TaskPool } from './task-pool.ts';

interface CallbackPorts extends PostPorts {
  db: Pool;
  log: Logger;
  secret: string;
}

/** Posts the outcomes that are due, signed by Standard Webhooks, as many as there is room for, and plans the retries. */
export async function deliverCallbacks(services: CallbackPorts, tasks: TaskPool): Promise<void> {
  if (tasks.free === 0) return;
  for (const row of await takeDue(services.db, tasks.free))
    tasks.add(row.id, deliver(services, row), (cause) =>
      services.log.warn({ err: cause, backgroundId: row.id }, 'a callback will be tried again in a minute'),
    );
}

async function deliver(services: CallbackPorts, row: BackgroundRow): Promise<void> {
  const verdict = verdictOf(await post(services, row));
  if (verdict !== 'retry') return endDelivery(services.db, row, { delivered: verdict === 'delivered' });
  const delayMs = nextDelayMs(row.tries, Math.random);
  return delayMs === undefined
    ? endDelivery(services.db, row, { delivered: false })
    : postponeDelivery(services.db, row, delayMs);
}

/** The receiver's status; 0 where there was none (refused, a private address, too slow). */
async function post(services: CallbackPorts, row: BackgroundRow): Promise<number> {
  const outcome =
    row.sealedOutcome === undefined ? '{}' : unsealFor(services.secret, row, 'outcome', row.sealedOutcome);
  const { response, error } = JSON.parse(outcome) as { response?: unknown; error?: unknown };
  const body = JSON.stringify({ id: row.id, status: row.state, ...(error === undefined ? { response } : { error }) });
  const secret = unsealFor(services.secret, row, 'secret', row.sealedSecret);
  const url = new URL(callbackUrlOf(services.secret, row));
  try {
    return await postSigned(services, { url, id: row.id, body, secret });
  } catch (cause) {
    // The URL is a secret of the receiver's: its host says enough.
    services.log.info(
      { host: url.host, backgroundId: row.id, tries: row.tries, reason: (cause as { code?: string }).code },
      'a callback was not delivered',
    );
    return 0;
  }
}
