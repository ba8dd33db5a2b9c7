import { Webhook } from 'standardwebhooks';
import type { Services } from '../services.ts';
import { nextDelayMs, verdictOf } from '../webhooks/retry-table.ts';
import { unsealFor } from './background.ts';
import { type BackgroundRow, endDelivery, postponeDelivery, takeDue } from './background-store.ts';

const atOnce = 20;
const answerMs = 15_000;

/** Posts the outcomes that are due, signed by Standard Webhooks, and plans the retries. Returns how many were due. */
export async function deliverCallbacks(services: Services): Promise<number> {
  const rows = await takeDue(services.db, atOnce);
  await Promise.all(rows.map((row) => deliver(services, row)));
  return rows.length;
}

async function deliver(services: Services, row: BackgroundRow): Promise<void> {
  const verdict = verdictOf(await post(services, row));
  if (verdict !== 'retry') return endDelivery(services.db, row, { delivered: verdict === 'delivered' });
  const delayMs = nextDelayMs(row.tries, Math.random);
  return delayMs === undefined
    ? endDelivery(services.db, row, { delivered: false })
    : postponeDelivery(services.db, row, delayMs);
}

/** The receiver's status; 0 where there was none (refused, a private address, too slow). */
async function post(services: Services, row: BackgroundRow): Promise<number> {
  const outcome =
    row.sealedOutcome === undefined ? '{}' : unsealFor(services.secret, row, 'outcome', row.sealedOutcome);
  const { response, error } = JSON.parse(outcome) as { response?: unknown; error?: unknown };
  const body = JSON.stringify({ id: row.id, status: row.state, ...(error === undefined ? { response } : { error }) });
  const sentAt = new Date(services.now());
  const signature = new Webhook(unsealFor(services.secret, row, 'secret', row.sealedSecret)).sign(row.id, sentAt, body);
  const url = new URL(row.callbackUrl);
  try {
    const answer = await services.outgoing.pool(url.origin, false).request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'ai-gateway',
        'webhook-id': row.id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': signature,
      },
      body,
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
      signal: AbortSignal.timeout(answerMs),
    });
    // What a receiver says beyond its status is of no interest, however long it is.
    answer.body.on('error', () => {});
    answer.body.destroy();
    return answer.statusCode;
  } catch (cause) {
    // The URL is a secret of the receiver's: its host says enough.
    services.log.info(
      { host: url.host, backgroundId: row.id, tries: row.tries, reason: (cause as { code?: string }).code },
      'a callback was not delivered',
    );
    return 0;
  }
}
