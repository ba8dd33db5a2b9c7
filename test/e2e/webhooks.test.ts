import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chat, eventsOf, eventually, type GatewayEvent, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  gateway.fakes.reset();
  await receiver.stop();
});
afterAll(() => gateway.stop());

interface Subscription {
  id: string;
  secret: string;
  token: string;
  status: string;
  url: string;
}
interface Delivery {
  id: string;
  event_type: string;
  status: string;
  tries: { status: number | null; error: string | null; ms: number }[];
  next_try_at: string | null;
}

const budgetEvents = ['budget.threshold_reached', 'budget.exceeded'];
const subscribe = (more: object = {}, status = 201): Promise<Subscription> =>
  json(gateway.post('/v1/webhooks', { url: receiver.url, events: budgetEvents, ...more }), status);
const deliveries = async (id: string): Promise<Delivery[]> =>
  (await json<{ data: Delivery[] }>(gateway.get(`/v1/webhooks/${id}/deliveries`))).data;

let clients = 0;
/** A budget of one cent for a client of its own, and calls that take it to so many tenths of a cent. */
async function budgetFor(client: string, more: object = {}): Promise<{ id: string }> {
  return json(
    gateway.post('/v1/budgets', { name: client, limit_usd: 0.01, scope: { client_id: client }, ...more }),
    201,
  );
}
/** Costs so many percent of a cent: nothing but output is billed, at $10 a million. */
async function spend(client: string, percent: number, headers = {}): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: percent * 10 } });
  await json(gateway.post(chat, hello({ max_tokens: percent * 10 }), { 'x-client-id': client, ...headers }));
}
const newClient = (): string => `client-${++clients}`;

describe('a budget alert', () => {
  it('is sent once at 80, 90 and 100 %, in order, with the budget and the tags of the call', async () => {
    const client = newClient();
    const budget = await budgetFor(client);
    await subscribe({ filter: { client_id: client } });
    for (const percent of [50, 29]) await spend(client, percent);
    expect(receiver.received).toHaveLength(0);
    await spend(client, 2, {
      'x-scenario-id': '42',
      'x-scenario-platform': 'make',
      'x-execution-id': 'run-9',
      'x-project': 'news',
    });
    await receiver.waitFor(1);
    await spend(client, 5);
    await spend(client, 5);
    await receiver.waitFor(2);
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 95 } });
    await json(gateway.post(chat, hello({ max_tokens: 80 }), { 'x-client-id': client }));
    await receiver.waitFor(3);
    const events = receiver.received.map(({ body }) => JSON.parse(body) as GatewayEvent);
    expect(events.map(({ type, data }) => [type, data.percent])).toEqual([
      ['budget.threshold_reached', 80],
      ['budget.threshold_reached', 90],
      ['budget.exceeded', 100],
    ]);
    expect(events[0]?.livemode).toBe(true);
    expect(events[0]?.data).toMatchObject({
      client_id: client,
      project: 'news',
      scenario_id: '42',
      scenario_platform: 'make',
      execution_id: 'run-9',
      budget: {
        id: budget.id,
        limit_usd: 0.01,
        spent_usd: 0.0081,
        remaining_usd: 0.0019,
        percent_used: 81,
        status: 'warning',
      },
    });
    // The same, for those who poll.
    const listed = await eventsOf(gateway, `&client_id=${client}`);
    expect(listed.map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse());
    const [, after] = listed;
    expect(
      (await eventsOf(gateway, `&client_id=${client}&after=${after?.id}`)).map(({ data }) => data.percent),
    ).toEqual([100]);
    expect((await eventsOf(gateway, `&budget_id=${budget.id}&percent=90`)).map(({ data }) => data.percent)).toEqual([
      90,
    ]);
    expect(await eventsOf(gateway, `&client_id=${client}&type=scenario.paused&type=budget.reset`)).toEqual([]);
  });

  it('is sent when the first call is refused, though money is left', async () => {
    const client = newClient();
    await budgetFor(client, { limit_usd: 0.0001 });
    await subscribe({ filter: { client_id: client } });
    const long = hello({ max_tokens: 500, messages: [{ role: 'user', content: 'word '.repeat(200) }] });
    for (let i = 0; i < 3; i++) expect((await gateway.post(chat, long, { 'x-client-id': client })).status).toBe(402);
    await receiver.waitFor(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as GatewayEvent).type)).toEqual(['budget.exceeded']);
  });

  it('is sent for all thresholds that one call passes, and for custom ones', async () => {
    const client = newClient();
    await budgetFor(client, { thresholds: [25, 50, 75] });
    await spend(client, 80);
    expect((await eventsOf(gateway, `&client_id=${client}`)).map(({ data }) => data.percent)).toEqual([75, 50, 25]);
  });

  it('is sent to matching subscriptions only, by client, budget, percent and mode', async () => {
    const client = newClient();
    const budget = await budgetFor(client);
    const only90 = await subscribe({ filter: { budget_id: budget.id, percent: [90] } });
    await subscribe({ filter: { client_id: 'somebody-else' }, url: `${receiver.url}/else` });
    await subscribe({ events: ['scenario.paused'], url: `${receiver.url}/paused` });
    await json(
      gateway.post(
        '/v1/webhooks',
        { url: `${receiver.url}/test`, events: budgetEvents },
        { authorization: `Bearer ${testKey}` },
      ),
      201,
    );
    await spend(client, 95);
    await receiver.waitFor(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as GatewayEvent).data.percent)).toEqual([90]);
    expect(await deliveries(only90.id)).toMatchObject([{ status: 'delivered', tries: [{ status: 200, error: null }] }]);
  });

  it('is sent again after a raise', async () => {
    const client = newClient();
    const budget = await budgetFor(client);
    await spend(client, 85);
    await json(gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: 0.01 }));
    await spend(client, 77);
    const reported = (await eventsOf(gateway, `&client_id=${client}`)).map(({ data }) => data.percent);
    expect(reported).toEqual([80, 80]);
  });
});

describe('a delivery', () => {
  it('is signed by Standard Webhooks, so that standardwebhooks and svix verify it, and brings the token', async () => {
    const client = newClient();
    await budgetFor(client);
    const { secret, token } = await subscribe({ filter: { client_id: client } });
    await spend(client, 85);
    const [delivery] = await receiver.waitFor(1);
    const headers = delivery?.headers as Record<string, string>;
    const body = delivery?.body ?? '';
    expect(headers['x-gateway-token']).toBe(token);
    expect(headers['content-type']).toBe('application/json');
    expect((new StandardWebhook(secret).verify(body, headers) as GatewayEvent).id).toBe(headers['webhook-id']);
    expect(() => new SvixWebhook(secret).verify(body, headers)).not.toThrow();
    expect(() => new StandardWebhook(secret).verify(body.replace('80', '81'), headers)).toThrow();
  });

  it('is kept with its reason and repeated under the same id when it fails', async () => {
    const client = newClient();
    await budgetFor(client);
    receiver.answer = 500;
    const { id } = await subscribe({ filter: { client_id: client } });
    await spend(client, 85);
    await receiver.waitFor(1);
    const [pending] = await eventually(async () => {
      const list = await deliveries(id);
      expect(list[0]?.tries).toHaveLength(1);
      return list;
    });
    expect(pending).toMatchObject({ status: 'pending', tries: [{ status: 500, error: 'answered 500' }] });
    const nextMs = Date.parse(pending?.next_try_at ?? '') - Date.now();
    expect(nextMs).toBeGreaterThan(1_000);
    expect(nextMs).toBeLessThan(6_000);
    receiver.answer = 204;
    await receiver.waitFor(2, 12_000);
    expect(receiver.received[1]?.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
    await eventually(async () =>
      expect((await deliveries(id))[0]).toMatchObject({ status: 'delivered', next_try_at: null }),
    );
  }, 20_000);

  it('follows no redirect, reads no flood, and ends with a 410', async () => {
    const client = newClient();
    await budgetFor(client, { thresholds: [10, 20, 30, 40] });
    const { id } = await subscribe({ filter: { client_id: client } });
    receiver.answer = 302;
    receiver.headers = { location: `${receiver.url}/elsewhere` };
    await spend(client, 11);
    await eventually(async () =>
      expect((await deliveries(id))[0]?.tries).toMatchObject([{ status: 302, error: 'answered 302' }]),
    );
    receiver.answer = 'flood';
    receiver.headers = {};
    await spend(client, 10);
    await eventually(async () =>
      expect((await deliveries(id))[0]).toMatchObject({ status: 'delivered', tries: [{ status: 200 }] }),
    );
    expect((await deliveries(id))[0]?.tries[0]?.ms).toBeLessThan(3_000);
    receiver.answer = 410;
    await spend(client, 10);
    await eventually(async () => {
      const { data } = await json<{ data: Subscription[] }>(gateway.get('/v1/webhooks?limit=100'));
      expect(data.find((one) => one.id === id)?.status).toBe('disabled');
    });
    // Waiting deliveries are dropped, and no more are sent.
    expect((await deliveries(id)).map(({ status }) => status)).toEqual(['failed', 'delivered', 'dropped']);
    const before = receiver.received.length;
    await spend(client, 10);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.received.length).toBe(before);
  });

  it('does not hold up the others when its receiver hangs', async () => {
    const client = newClient();
    await budgetFor(client, { thresholds: [10, 20, 30, 40, 50] });
    const slow = await startReceiver();
    slow.answer = 'hang';
    await subscribe({ url: slow.url, filter: { client_id: client } });
    await subscribe({ filter: { client_id: client } });
    const startedMs = Date.now();
    await spend(client, 55);
    await receiver.waitFor(5, 4_000);
    expect(Date.now() - startedMs).toBeLessThan(4_000);
    await slow.stop();
  });

  it('ends a subscription that has failed for five days', async () => {
    const client = newClient();
    await budgetFor(client, { thresholds: [10, 20] });
    const { id } = await subscribe({ filter: { client_id: client } });
    receiver.answer = 500;
    await spend(client, 11);
    await eventually(async () => expect((await deliveries(id))[0]?.tries).toHaveLength(1));
    await gateway.database.pool.query(
      `update webhooks set failing_since = failing_since - interval '5 days 1 minute' where id = $1`,
      [id],
    );
    await spend(client, 10);
    await eventually(async () => {
      const { data } = await json<{ data: Subscription[] }>(gateway.get('/v1/webhooks?limit=100'));
      expect(data.find((one) => one.id === id)?.status).toBe('disabled');
    });
  });

  it('can be tested with a sample event, and sent again', async () => {
    const { id } = await subscribe({ filter: { client_id: newClient() } });
    const tried = await json<Delivery>(gateway.post(`/v1/webhooks/${id}/test`, {}));
    expect(tried).toMatchObject({ status: 'delivered', tries: [{ status: 200 }] });
    expect(JSON.parse(receiver.received[0]?.body ?? '{}')).toMatchObject({ data: { test: true } });
    const again = await json<Delivery>(gateway.post(`/v1/webhooks/${id}/deliveries/${tried.id}/resend`, {}));
    expect(again.tries).toHaveLength(2);
    expect(receiver.received[1]?.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
    expect((await gateway.post(`/v1/webhooks/${id}/deliveries/del_nobody/resend`, {})).status).toBe(404);
  });
});

describe('a subscription', () => {
  it('is one when it is requested twice, with the same secrets', async () => {
    const filter = { client_id: newClient(), percent: [90, 80] };
    const first = await subscribe({ filter });
    const second = await subscribe(
      { filter: { ...filter, percent: [80, 90] }, events: [...budgetEvents].reverse() },
      200,
    );
    expect(second).toMatchObject({ id: first.id, secret: first.secret, token: first.token });
    expect(await gateway.send('DELETE', `/v1/webhooks/${first.id}`).then(({ status }) => status)).toBe(204);
    expect((await subscribe({ filter })).id).not.toBe(first.id);
    // Platforms end a subscription again when their scenario is switched off: that is no failure.
    expect((await gateway.send('DELETE', `/v1/webhooks/${first.id}`)).status).toBe(204);
    const asTest = { authorization: `Bearer ${testKey}` };
    expect((await gateway.send('DELETE', `/v1/webhooks/${first.id}`, undefined, asTest)).status).toBe(404);
    expect((await gateway.send('DELETE', '/v1/webhooks/wh_never')).status).toBe(404);
  });

  it('is listed without its secrets, which are sealed in the database, like its URL', async () => {
    const { id, secret, token } = await subscribe({ filter: { client_id: newClient() } });
    const list = await (await gateway.get('/v1/webhooks?limit=100')).text();
    expect(list).toContain(id);
    for (const hidden of [secret, token]) expect(list).not.toContain(hidden);
    const { rows } = await gateway.database.pool.query('select * from webhooks where id = $1', [id]);
    const stored =
      Buffer.from(JSON.stringify(rows)).toString() +
      Object.values(rows[0] as object)
        .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : ''))
        .join();
    for (const hidden of [secret, token, receiver.url]) expect(stored).not.toContain(hidden);
    expect(gateway.logs.join('')).not.toContain(token);
  });

  it('is refused for an invalid URL, event or filter', async () => {
    for (const body of [
      { url: 'ftp://example.com', events: budgetEvents },
      { url: 'https://', events: budgetEvents },
      { url: receiver.url, events: ['budget.gone'] },
      { url: receiver.url, events: [] },
      { url: receiver.url, events: budgetEvents, filter: { colour: 'red' } },
      { url: receiver.url, events: budgetEvents, filter: { percent: [101] } },
      { url: 'mailto:nobody@example.com', events: budgetEvents },
      { url: 'mailto:50%@example.com', events: budgetEvents },
    ])
      expect((await gateway.post('/v1/webhooks', body)).status).toBe(400);
  });
});

describe('where private networks are closed', () => {
  it('every spelling of a private address is refused, and a name that leads to one is refused at the connection', async () => {
    const closed = await startTestGateway();
    try {
      for (const url of [
        'http://127.0.0.1/hook',
        'http://2130706433/',
        'http://0x7f.1/',
        'http://017700000001/',
        'http://[::1]/',
        'http://[::ffff:10.0.0.1]/',
        'http://169.254.169.254/latest/meta-data',
        'http://10.1.2.3/',
        'http://192.168.0.1/',
        'http://100.64.0.1/',
        'http://0.0.0.0/',
        'http://localhost:8787/',
        'http://metadata.google.internal/',
        'http://user:pass@example.com/',
      ]) {
        const response = await closed.post('/v1/webhooks', { url, events: budgetEvents });
        expect(`${url} ${response.status}`).toBe(`${url} 400`);
      }
      // A public name that leads to a private address by the time of the connection.
      const { lookup } = dns;
      dns.lookup = ((_name: string, _options: object, answer: (error: null, found: object[]) => void) =>
        answer(null, [{ address: '10.0.0.7', family: 4 }])) as never;
      syncBuiltinESMExports();
      try {
        const url = 'http://rebinding.example/hook';
        const { id } = await json<Subscription>(closed.post('/v1/webhooks', { url, events: budgetEvents }), 201);
        const tried = await json<Delivery>(closed.post(`/v1/webhooks/${id}/test`, {}));
        expect(tried.status).toBe('pending');
        expect(tried.tries).toMatchObject([{ status: null, error: 'its name leads to a private address' }]);
      } finally {
        dns.lookup = lookup;
        syncBuiltinESMExports();
      }
    } finally {
      await closed.stop();
    }
  });
});

describe('an alert by e-mail', () => {
  it('is sent by SMTP, in words for people', async () => {
    const mail: string[] = [];
    const smtp = createServer((socket) => {
      let inData = false;
      socket.write('220 test\r\n');
      socket.on('data', (chunk) => {
        for (const line of chunk.toString('utf8').split('\r\n').filter(Boolean)) {
          if (inData) {
            mail.push(line);
            if (line === '.') {
              inData = false;
              socket.write('250 taken\r\n');
            }
          } else if (line === 'DATA') {
            inData = true;
            socket.write('354 go on\r\n');
          } else if (line === 'QUIT') socket.end('221 bye\r\n');
          else {
            if (/^(MAIL|RCPT)/.test(line)) mail.push(line);
            socket.write('250 fine\r\n');
          }
        }
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const { port } = smtp.address() as AddressInfo;
    const withMail = await startTestGateway({
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      SMTP_FROM: 'alerts@agency.example',
    });
    try {
      await json(withMail.post('/v1/budgets', { name: 'Acme', limit_usd: 0.01 }), 201);
      const webhook = { url: 'mailto:boss@agency.example', events: budgetEvents };
      const made = await json<{ id: string; status: string }>(withMail.post('/v1/webhooks', webhook), 201);
      expect(made.status).toBe('unconfirmed');
      await eventually(() => expect(mail.at(-1)).toBe('.'));
      // A single mail asks, and no other goes there before its owner has agreed, after any number of subscriptions and tests.
      await json(withMail.post('/v1/webhooks', { ...webhook, events: ['budget.reset'] }), 201);
      await json(withMail.post('/v1/webhooks', { ...webhook, url: 'mailto:BOSS@agency.example' }), 201);
      for (const trick of [
        '1%3Cboss@agency.example%3E',
        '%3Cboss@agency.example%3E',
        '(a)boss@agency.example',
        '%22boss%22@agency.example',
        'boss@agency.example.',
      ])
        expect((await withMail.post('/v1/webhooks', { ...webhook, url: `mailto:${trick}` })).status).toBe(400);
      await json(withMail.post(`/v1/webhooks/${made.id}/test`, {}), 409);
      await json(withMail.send('PUT', '/v1/clients/other', { name: 'Other' }));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(mail.filter((line) => line.startsWith('RCPT'))).toHaveLength(1);
      const asked = mail.join('\n').replace(/=\n/g, '');
      expect(asked).toContain('RCPT TO:<boss@agency.example>');
      const link = /\/webhooks\/confirm\/[\w-]+/.exec(asked)?.[0] ?? '';
      expect((await fetch(`${withMail.url}/webhooks/confirm/another-token`)).status).toBe(404);
      expect((await fetch(`${withMail.url}/webhooks/confirm/another-token`, { method: 'POST' })).status).toBe(404);
      const statuses = async (): Promise<string[]> => {
        const { data } = await json<{ data: { status: string }[] }>(withMail.get('/v1/webhooks'));
        return data.map(({ status }) => status);
      };
      // A program that checks mails opens the link, too: it shows a button, and confirms nothing.
      const page = await fetch(withMail.url + link);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<form method="post"><button>')]);
      expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
      expect(await statuses()).toEqual(['unconfirmed', 'unconfirmed', 'unconfirmed']);
      for (const _ of ['once', 'twice']) {
        const confirmed = await fetch(withMail.url + link, { method: 'POST' });
        const text = await confirmed.text();
        expect([confirmed.status, text]).toEqual([200, expect.stringContaining('gets alerts from now on')]);
      }
      expect(await statuses()).toEqual(['enabled', 'enabled', 'enabled']);
      mail.length = 0;
      withMail.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 850 } });
      await json(withMail.post(chat, hello({ max_tokens: 850 }), { 'x-client-id': 'acme' }));
      // One to each spelling of the address, in any order.
      await eventually(() => expect(mail.filter((line) => line === '.')).toHaveLength(2));
      const text = mail.join('\n');
      expect(text).toContain('RCPT TO:<boss@agency.example>');
      expect(text).toContain('From: alerts@agency.example');
      expect(text).toContain('Budget "Acme" has reached 80 %');
      expect(text).toContain('$0.0085 of $0.01 spent, $0.0015 left.');
      const tests: number[] = [];
      for (let i = 0; i < 12; i++) tests.push((await withMail.post(`/v1/webhooks/${made.id}/test`, {})).status);
      expect(tests).toEqual([...Array<number>(10).fill(200), 429, 429]);
      const strangers: number[] = [];
      for (let i = 0; i < 21; i++) {
        const stranger = { url: `mailto:stranger${i}@example.com`, events: budgetEvents };
        strangers.push((await withMail.post('/v1/webhooks', stranger)).status);
      }
      expect(strangers).toEqual([...Array<number>(19).fill(201), 429, 429]);
    } finally {
      await withMail.stop();
      smtp.close();
    }
  });
});
