// A budget for one client, with an alert at 80 %: the budget refuses what it cannot pay, and the alert arrives as an event.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './gateway.js';

const { livemode } = await ask('GET', '/v1/me');
// A new client for each run, so that one run does not count in the next.
const client = `example-${randomUUID().slice(0, 8)}`;

// In test mode "sandbox:cost 0.85" makes an answer cost $0.85, which is 85 % of this budget. A live call costs what it costs, so
// the live budget is too small for any call: the first one is refused, and the alert says so.
const budget = await ask('POST', '/v1/budgets', {
  name: `Budget of ${client}`,
  scope: { client_id: client },
  limit_usd: livemode ? 0.00001 : 1,
  period: 'month',
  thresholds: [80, 100],
  on_limit: 'block',
});
console.log(`${budget.name}: ${dollars(budget.limit_usd)} a month`);

// ALERT_URL is where alerts go: an https:// address, a Slack incoming webhook, or mailto:you@example.com (docs/webhooks.md).
const events = ['budget.threshold_reached', 'budget.exceeded'];
const alertUrl = process.env.ALERT_URL;
const webhook =
  alertUrl && (await ask('POST', '/v1/webhooks', { url: alertUrl, events, filter: { budget_id: budget.id } }));

try {
  // Two calls for the client. The second one finds $0.15 left.
  for (const text of ['sandbox:cost 0.85', 'sandbox:cost 0.50']) await call(text);

  // The alerts, newest first. A program that cannot receive webhooks reads them like this.
  for (const event of await alerts()) console.log(`${event.created_at} ${event.type} at ${event.data.percent} %`);
} finally {
  // Remove what this example has made.
  if (webhook) await ask('DELETE', `/v1/webhooks/${webhook.id}`);
  await ask('DELETE', `/v1/budgets/${budget.id}`);
}

/** @param {string} content */
async function call(content) {
  try {
    const answer = await ask(
      'POST',
      '/v1/chat/completions',
      { model: process.env.MODEL ?? 'auto:cost', messages: [{ role: 'user', content }] },
      { 'X-Client-ID': client },
    );
    console.log(`answered: ${answer.choices[0].message.content}`);
  } catch (error) {
    // 402 is the budget at work. A program should not repeat such a call: the message says when the budget resets.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'budget_exceeded') throw error;
    console.log(`refused: ${error.message}`);
  }
}

/** Events are written with the call that causes them, and are listed within moments. */
async function alerts() {
  for (let tries = 0; tries < 40; tries++) {
    const types = events.map((type) => `&type=${type}`).join('');
    const { data } = await ask('GET', `/v1/events?budget_id=${budget.id}${types}`);
    if (data.length > 0) return data;
    await sleep(250);
  }
  throw new Error('No alert came within ten seconds.');
}

/** @param {number} amount */
function dollars(amount) {
  return `$${amount < 0.01 ? amount.toFixed(5) : amount.toFixed(2)}`;
}
