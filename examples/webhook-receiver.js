// A server that takes the gateway's webhooks and verifies their signatures (https://www.standardwebhooks.com).
//
// With WEBHOOK_SECRET (the `secret` that `POST /v1/webhooks` answers) it verifies deliveries of that subscription. Without it, the
// example subscribes itself at the gateway, asks for a test delivery, and unsubscribes at its end. The gateway posts to a loopback
// address only where ALLOW_PRIVATE_NETWORK=true is set; elsewhere give the public address as RECEIVER_URL. Where the gateway refuses
// the address, the example says so and waits without a subscription.
//
// It ends three seconds after the last delivery, at SIGTERM or Ctrl+C, or when none comes for WAIT_SECONDS (60). Yours would go on.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { ask } from './gateway.js';

const waitSeconds = Number(process.env.WAIT_SECONDS ?? 60);
/** Ids of deliveries that were processed. A program that runs for long keeps them in a database. */
const seen = new Set();
let secret = process.env.WEBHOOK_SECRET;

const server = createServer(async (request, response) => {
  // The signature is over the bytes as they came, so read them whole, and parse them after the check.
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  try {
    /** @type {any} */
    const event = new Webhook(secret ?? '').verify(body, /** @type {Record<string, string>} */ (request.headers));
    // A delivery whose answer was lost comes again with the same id.
    const id = request.headers['webhook-id'];
    if (!seen.has(id)) console.log(`verified: ${event.type} ${id}`);
    seen.add(id);
    // Any 2xx within 15 seconds is success. Answer first, and do what takes long afterwards.
    response.writeHead(204).end();
    endAfter(3);
  } catch {
    console.log('refused: the signature does not match, or the delivery is older than five minutes');
    response.writeHead(401).end();
  }
});

server.listen(Number(process.env.PORT ?? 8080));
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;
console.log(`listening on port ${port}`);

/** @type {NodeJS.Timeout | undefined} */
let timer;
endAfter(waitSeconds);
process.on('SIGTERM', end).on('SIGINT', end);

/** @type {{ id: string; secret: string } | undefined} */
let subscription;
if (!secret) {
  subscription = await subscribe(process.env.RECEIVER_URL ?? `http://127.0.0.1:${port}/`);
  if (subscription) {
    secret = subscription.secret;
    console.log(`subscribed: ${subscription.id}`);
    await ask('POST', `/v1/webhooks/${subscription.id}/test`);
  }
}

/**
 * The subscription, or nothing where the gateway refuses the address. The server then waits without one.
 * @param {string} url
 */
async function subscribe(url) {
  try {
    const events = ['budget.threshold_reached', 'budget.exceeded'];
    return await ask('POST', '/v1/webhooks', { url, events, platform: 'example' });
  } catch (error) {
    if (/** @type {{ status?: number }} */ (error).status !== 400) throw error;
    console.log(`not subscribed: ${/** @type {Error} */ (error).message}`);
    console.log(
      'Start the gateway with ALLOW_PRIVATE_NETWORK=true and run this again, or give RECEIVER_URL a public address.',
    );
    console.log('With a subscription of your own, set WEBHOOK_SECRET to its secret.');
    return undefined;
  }
}

/** @param {number} seconds */
function endAfter(seconds) {
  clearTimeout(timer);
  timer = setTimeout(end, seconds * 1000);
}

async function end() {
  clearTimeout(timer);
  if (subscription) await ask('DELETE', `/v1/webhooks/${subscription.id}`);
  server.close();
  server.closeIdleConnections();
  console.log(`${seen.size} ${seen.size === 1 ? 'delivery' : 'deliveries'} verified`);
}
