import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** An agency in Auckland, where December begins thirteen hours before it does in UTC. */

let gateway: TestGateway;
const isoNow = { before: '2026-11-30T10:59:30Z', after: '2026-11-30T11:30:00Z' };

async function addCall(id: string, at: string, usd: number, client = 'kiwi'): Promise<void> {
  await gateway.database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, scenario_platform, dialect, streamed,
       model_requested, model, provider, input_tokens, output_tokens, cost_nanos, total_ms)
     select workspace_id, $1::timestamptz, $2, true, 'gone', 'succeeded', id, $4, 'mailer', 'make', 'chat', false, 'm', 'm', 'openai', 10, 2, $3, 100
     from api_keys where livemode order by id limit 1`,
    [at, id, String(usd * 1e9), client],
  );
}

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'Pacific/Auckland' }));
  await gateway.database.pool.query(`select ensure_call_partitions('2026-11-01', 1)`);
  await addCall('req_1', '2026-11-15T12:00:00Z', 8);
  await addCall('req_2', '2026-11-30T10:30:00Z', 1);
  await addCall('req_3', '2026-11-30T11:10:00Z', 2);
  await gateway.database.pool.query(
    `insert into tag_values (workspace_id, livemode, kind, id, folded, platform, first_call_at, last_call_at)
     select workspace_id, true, 'scenario', 'mailer', 'mailer', 'make', '2026-11-15T12:00:00Z', '2026-11-30T11:10:00Z'
     from api_keys where livemode order by id limit 1`,
  );
});
afterAll(() => gateway.stop());

async function at<T>(now: string, work: () => Promise<T>): Promise<T> {
  const { services } = gateway.gateway;
  const real = services.now;
  services.now = () => Date.parse(now);
  try {
    return await work();
  } finally {
    services.now = real;
  }
}

describe('a scenario', () => {
  const spent = async (): Promise<object | undefined> => {
    const { data } = await json<{ data: { spent_today_usd: number; spent_period_usd: number }[] }>(
      gateway.get('/v1/scenarios'),
    );
    const [{ spent_today_usd: today, spent_period_usd: month } = { spent_today_usd: -1, spent_period_usd: -1 }] = data;
    return { today, month };
  };

  it('has spent today and this month by the clock of its workspace', async () => {
    expect(await at(isoNow.after, spent)).toEqual({ today: 2, month: 2 });
    expect(await at(isoNow.before, spent)).toEqual({ today: 1, month: 9 });
  });
});

describe('usage of this month', () => {
  it('is called by this month in its last minute, and has nothing of the next one', async () => {
    await at(isoNow.before, async () => {
      const file = await gateway.get('/v1/usage/clients?format=csv');
      expect(file.headers.get('content-disposition')).toContain('usage-2026-11.csv');
      const [head = '', row = ''] = (await file.text()).split('\r\n');
      const cells = Object.fromEntries(head.split(',').map((column, i) => [column, row.split(',')[i]]));
      expect(cells).toMatchObject({ period_from: '2026-11-01', period_to: '2026-11-30', cost_usd: '9' });
    });
  });

  it('is of the whole month before by its name, at any moment of the one after it', async () => {
    const month = async (query: string): Promise<unknown> =>
      (await json<{ totals: { cost_usd: number } }>(gateway.get(`/v1/${query}`))).totals.cost_usd;
    expect(await at(isoNow.before, () => month('usage/clients?period=last_month'))).toBe(0);
    for (const now of [isoNow.after, '2026-12-31T10:59:59Z'])
      expect(await at(now, () => month('usage/clients?period=last_month'))).toBe(9);
    expect(await at('2026-12-31T11:00:00Z', () => month('usage/clients?period=last_month'))).toBe(2);
    expect(await at(isoNow.after, () => month('usage/clients?period=2026-11&group_by=day'))).toBe(9);
    expect(await at(isoNow.after, () => month('savings?period=last_month'))).toBe(9);
    const both = await json<{ error: { param: string; message: string } }>(
      gateway.get('/v1/usage/clients?period=2026-11&to=2026-12-01'),
      400,
    );
    expect(both.error).toMatchObject({ param: 'period', message: expect.stringContaining('leave out') });
    const file = await at(isoNow.after, () => gateway.get('/v1/usage/clients?period=last_month&format=csv'));
    expect(file.headers.get('content-disposition')).toContain('usage-2026-11.csv');
    await file.arrayBuffer();
  });

  it('is as empty as the month is in its first hour', async () => {
    await at('2026-11-30T11:05:00Z', async () => {
      const { totals } = await json<{ totals: object }>(
        gateway.get('/v1/usage/clients?to=2026-12-01T00:05:00%2B13:00'),
      );
      expect(totals).toMatchObject({ requests: 0, cost_usd: 0 });
    });
  });
});

describe('a month of which a part was invoiced while it ran', () => {
  interface Outcome {
    status: string;
    number: number | null;
    total: number;
    from: string;
    to: string;
  }
  const listed = async (answer: Promise<Response>): Promise<Outcome | undefined> =>
    (await json<{ data: Outcome[] }>(answer)).data[0];
  const preview = (period: string) => listed(gateway.get(`/v1/invoices/preview?period=${period}`));
  const issue = (period: string) => listed(gateway.post('/v1/invoices/all', { period }));
  const noon = '2026-11-30T10:00:00Z';

  it('is billed to its end once it is over, and each call of it once', async () => {
    expect(await at(noon, () => issue('2026-11'))).toMatchObject({ status: 'made', number: 1, total: 8 });
    expect(await at(isoNow.before, () => preview('2026-11'))).toMatchObject({ status: 'already_billed' });
    expect(await at(isoNow.after, () => preview('last_month'))).toMatchObject({
      status: 'to_bill',
      total: 1,
      from: '2026-11-30T10:00:00.000Z',
      to: '2026-11-30T11:00:00.000Z',
    });
    expect(await at(isoNow.after, () => issue('last_month'))).toMatchObject({ status: 'made', number: 2, total: 1 });
    expect(await at(isoNow.after, () => issue('last_month'))).toMatchObject({ status: 'already_billed' });
    await at(isoNow.after, async () => {
      await json(gateway.post('/v1/invoices/1/void', {}), 201);
      expect(await issue('last_month')).toMatchObject({ status: 'made', number: 4, total: 8 });
      expect(await issue('2026-12')).toMatchObject({ status: 'made', number: 5, total: 2 });
    });
  });

  it('is billed before and behind an invoice for some of its days, each part by an invoice of its own', async () => {
    for (const [id, day] of [
      ['req_early', '02'],
      ['req_middle', '12'],
      ['req_late', '20'],
    ] as const)
      await addCall(id, `2026-11-${day}T12:00:00Z`, 1, 'parts');
    const days = { client_id: 'parts', from: '2026-11-10', to: '2026-11-15' };
    await at(noon, () => json(gateway.post('/v1/invoices', days), 201));
    const ofParts = async (answer: Promise<Response>): Promise<object[]> => {
      const { data } = await json<{ data: { client_id: string }[] }>(answer);
      return data.filter(({ client_id: id }) => id === 'parts');
    };
    const period = '2026-11';
    const due = [
      { status: 'to_bill', total: 1, to: '2026-11-09T11:00:00.000Z' },
      { status: 'to_bill', total: 1, from: '2026-11-14T11:00:00.000Z' },
    ];
    expect(await at(isoNow.after, () => ofParts(gateway.get(`/v1/invoices/preview?period=${period}`)))).toMatchObject(
      due,
    );
    const made = [
      { status: 'made', total: 1 },
      { status: 'made', total: 1 },
    ];
    const issueParts = () => at(isoNow.after, () => ofParts(gateway.post('/v1/invoices/all', { period })));
    expect(await issueParts()).toMatchObject(made);
    expect(await issueParts()).toMatchObject([{ status: 'already_billed' }]);
  });

  it('shows its client the terms of both invoices, though they have changed since', async () => {
    await json(gateway.send('PUT', '/v1/clients/kiwi', { currency: 'NZD', exchange_rate: 1.7 }));
    const { url } = await json<{ url: string }>(gateway.post('/v1/clients/kiwi/links', { name: 'Jane' }), 201);
    const session = await fetch(`${gateway.url}/portal/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: gateway.url },
      body: JSON.stringify({ token: url.split('#')[1] }),
    });
    await session.arrayBuffer();
    const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
    const month = (asked: string): Promise<object> =>
      at(isoNow.after, async () => {
        const answer = fetch(`${gateway.url}/portal/api/overview?month=${asked}`, { headers: { cookie } });
        return await json<object>(answer);
      });
    expect(await month('2026-11')).toMatchObject({ currency: 'USD', usage: { amount: 9 } });
    expect(await month('2026-12')).toMatchObject({ currency: 'NZD', usage: { amount: 3.4 } });
  });
});

describe('a call that arrives slowly at midnight', () => {
  it('is on the invoice of the month in which it came in, also where that is issued at once', async () => {
    const { services } = gateway.gateway;
    const real = services.now;
    await gateway.database.pool.query(`select ensure_call_partitions('2026-12-01', 2)`);
    await addCall('req_slow', '2026-12-15T12:00:00Z', 1, 'slow');
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 100_000, output: 0 } });
    const text = JSON.stringify(hello());
    const headers = { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'slow' };
    const midnight = Date.parse('2026-12-31T11:00:00Z');
    // The headers have three seconds to arrive in December.
    const ahead = midnight - 3_000 - real();
    services.now = () => real() + ahead;
    try {
      const call = request(`${gateway.url}${chat}`, { method: 'POST', headers });
      const status = once(call, 'response').then(([answer]) => (answer as IncomingMessage).resume().statusCode);
      call.write(text.slice(0, 10));
      await eventually(async () => expect(services.now()).toBeGreaterThan(midnight));
      const issue = async (): Promise<{ status: string; total: number } | undefined> => {
        const answer = gateway.post('/v1/invoices/all', { period: 'last_month' });
        const { data } = await json<{ data: { client_id: string; status: string; total: number }[] }>(answer);
        return data.find(({ client_id: id }) => id === 'slow');
      };
      const first = issue();
      // Longer than two processes take to see each other's calls.
      setTimeout(() => call.end(text.slice(10)), 700);
      expect(await status).toBe(200);
      const cameIn = await eventually(async () => {
        const { rows } = await gateway.database.pool.query<{ created_at: Date }>(
          `select created_at from calls where client_id = 'slow' and id <> 'req_slow'`,
        );
        const [row] = rows;
        if (row === undefined) throw new Error('the slow call has no record yet');
        return row.created_at.getTime();
      });
      expect(cameIn, 'the headers arrived after midnight').toBeLessThan(midnight);
      // A slow machine may still be at it when the invoice is asked for: that says so, and issues nothing.
      let issued = await first;
      await eventually(async () => {
        if (issued?.status === 'under_way') issued = await issue();
        expect(issued).toMatchObject({ status: 'made', total: 1.25 });
      });
    } finally {
      services.now = real;
    }
  });
});
