import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import { replanDeliveries, webhookDeliverer } from '../../gateway/src/webhooks/deliver-webhook.ts';
import { eventually, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway.stop());

interface SlowReceiver {
  url: string;
  /** The names of the budgets, as they came. */
  names: string[];
  stop(): Promise<void>;
}

/** Takes webhooks and thinks about each before it answers. */
async function startSlowReceiver(delayMs: number, status = 200): Promise<SlowReceiver> {
  const names: string[] = [];
  const server = createHttpServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    req.on('end', () => {
      names.push((JSON.parse(body) as { data: { budget: { name: string } } }).data.budget.name);
      setTimeout(() => res.writeHead(status).end(), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    names,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Events in one transaction, as at the end of a day of many budgets, for a subscription of their own. */
async function burst(receiver: SlowReceiver, client: string, count: number) {
  const { id: webhookId } = await json<{ id: string }>(
    gateway.post('/v1/webhooks', { url: receiver.url, events: ['budget.reset'], filter: { client_id: client } }),
    201,
  );
  const { rows } = await gateway.database.pool.query('select id from workspaces limit 1');
  const workspaceId = (rows[0] as { id: string }).id;
  const names = Array.from({ length: count }, (_, i) => `${client} ${i}`);
  const { db, outbox } = gateway.gateway.services;
  await withTransaction(db, (tx) =>
    outbox.record(
      tx,
      names.map((name) => ({
        workspaceId,
        livemode: true,
        type: 'budget.reset',
        clientId: client,
        data: { budget: { name, scope: { client_id: client } } },
      })),
    ),
  );
  outbox.deliverSoon();
  return { workspaceId, webhookId, names };
}

/** In the order of their events. */
async function deliveriesOf(webhookId: string): Promise<{ id: string; status: string; tries: number }[]> {
  const { rows } = await gateway.database.pool.query(
    'select id, status, jsonb_array_length(tries) as tries from deliveries where webhook_id = $1 order by id',
    [webhookId],
  );
  return rows as { id: string; status: string; tries: number }[];
}

describe('many events at once for one receiver', () => {
  // A single job had them all and was given up after a minute, to run again beside itself, though it was at work.
  it('arrive in order and once, by jobs that end early', async () => {
    const receiver = await startSlowReceiver(400);
    const { webhookId, names } = await burst(receiver, 'slow', 20);
    await eventually(() => expect(receiver.names).toHaveLength(20), 15_000);
    await eventually(async () =>
      expect((await deliveriesOf(webhookId)).every(({ status }) => status === 'delivered')).toBe(true),
    );
    expect(receiver.names).toEqual(names);
    const longest = await eventually(async () => {
      const { rows } = await gateway.database.pool.query(
        `select max(extract(epoch from completed_on - started_on))::float8 as seconds, bool_and(state = 'completed') as over
         from pgboss.job where name = 'webhook-deliveries' and data->>'webhookId' = $1`,
        [webhookId],
      );
      const [row] = rows as { seconds: number; over: boolean }[];
      expect(row?.over).toBe(true);
      return row?.seconds;
    });
    expect(longest).toBeLessThan(7);
    await receiver.stop();
  });

  it('are tried once each by a job that runs twice at the same time, and wait for their next attempt', async () => {
    const receiver = await startSlowReceiver(200, 500);
    const { workspaceId, webhookId, names } = await burst(receiver, 'twice', 5);
    const ids = (await deliveriesOf(webhookId)).map(({ id }) => id);
    const deliver = webhookDeliverer(gateway.gateway.services);
    await Promise.all([1, 2].map(() => deliver({ workspaceId, webhookId, ids })));
    await eventually(async () =>
      expect((await deliveriesOf(webhookId)).map(({ status, tries }) => [status, tries])).toEqual(
        names.map(() => ['pending', 1]),
      ),
    );
    expect([...receiver.names].sort()).toEqual(names);
    await receiver.stop();
  });

  it('are tried once each where they have waited so long that they were planned again', async () => {
    const receiver = await startSlowReceiver(300);
    const { webhookId, names } = await burst(receiver, 'overdue', 6);
    await eventually(() => expect(receiver.names.length).toBeGreaterThan(0));
    const { services } = gateway.gateway;
    for (let round = 0; round < 2; round++) {
      await gateway.database.pool.query(
        `update deliveries set next_try_at = next_try_at - interval '4 minutes'
         where webhook_id = $1 and status = 'pending' and next_try_at <= clock_timestamp()`,
        [webhookId],
      );
      await replanDeliveries(services);
      services.outbox.deliverSoon();
    }
    await eventually(async () =>
      expect((await deliveriesOf(webhookId)).map(({ status, tries }) => [status, tries])).toEqual(
        names.map(() => ['delivered', 1]),
      ),
    );
    expect([...receiver.names].sort()).toEqual(names);
    await receiver.stop();
  });
});

describe('an alert by e-mail', () => {
  // nodemailer waits half a minute for a greeting and ten for what comes after it: longer than a delivery's job may run.
  it('fails after fifteen seconds of silence, as one to a URL does', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const withMail = await startTestGateway({
      SMTP_URL: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      SMTP_FROM: 'alerts@agency.example',
    });
    try {
      const { id } = await json<{ id: string }>(
        withMail.post('/v1/webhooks', { url: 'mailto:boss@agency.example', events: ['budget.reset'] }),
        201,
      );
      await withMail.database.pool.query('update mail_addresses set confirmed_at = now()');
      const tried = await json<{ status: string; tries: object[] }>(withMail.post(`/v1/webhooks/${id}/test`, {}));
      expect(tried).toMatchObject({ status: 'pending', tries: [{ error: 'no answer within 15 seconds' }] });
    } finally {
      await withMail.stop();
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});
