import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';
import { unzip } from '../support/unzip.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const png =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface Invoice {
  id: string;
  number: number;
  label: string;
  kind: string;
  status: string;
  lines: {
    model: string;
    requests: number;
    input_tokens: number;
    output_tokens: number;
    cost_usd: number;
    amount: number;
  }[];
  subtotal: number;
  tax: number;
  total: number;
  due_at: string | null;
  issued_at: string;
  url: string;
}

interface Row {
  client_id: string;
  status: string;
  number: number | null;
  total: number;
}

/** A call that costs `output` × $10 a million (gpt-4o). */
async function use(client: string, output: number, headers: Record<string, string> = {}): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output } });
  await json(gateway.post(chat, hello({ max_tokens: 16_384 }), { 'x-client-id': client, ...headers }));
}
const setClient = (id: string, body: object): Promise<object> => json(gateway.send('PUT', `/v1/clients/${id}`, body));
const setWorkspace = (body: object): Promise<object> => json(gateway.send('PATCH', '/v1/workspace', body));
const bill = (client: string, more: object, status = 201): Promise<Invoice> =>
  json(gateway.post('/v1/invoices', { client_id: client, ...more }), status);
const now = (): string => new Date().toISOString();
const thisMonth = (): string => now().slice(0, 7);
const page = async (url: string): Promise<string> => {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return answer.text();
};
const linkOf = ({ url }: Invoice): string => url.replace(/^https?:\/\/[^/]+/, gateway.url);

describe('amounts of an invoice', () => {
  it.each([
    ['JPY', 151.37, 0, 224, 22, 246],
    ['KWD', 0.3071, 3, 0.455, 0.046, 0.501],
    ['EUR', 0.92, 2, 1.36, 0.14, 1.5],
    ['KRW', 1391.2, 0, 2061, 206, 2267],
    ['TND', 3.1, 3, 4.592, 0.459, 5.051],
  ])('have the decimals of %s, everywhere', async (currency, rate, digits, subtotal, tax, total) => {
    const client = `in-${currency.toLowerCase()}`;
    await setClient(client, { currency, exchange_rate: rate, markup_percent: 20, tax_percent: 10 });
    await use(client, 123_450);
    const invoice = await bill(client, { period: thisMonth() });
    expect(invoice).toMatchObject({ currency, subtotal, tax, total });
    expect(invoice.lines.map(({ amount }) => amount)).toEqual([subtotal]);
    const shown = total.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const html = await page(linkOf(invoice));
    expect(html).toContain(`>${shown} ${currency}<`);
  });
});

describe('an invoice', () => {
  it('has seller, buyer, tax, due date, prefix, and the last day included', async () => {
    await setWorkspace({
      name: 'North',
      billing: {
        legal_name: 'North GmbH',
        address: 'Hafenstraße 1\n20457 Hamburg',
        tax_id: 'DE123456789',
        payment_terms_days: 14,
        bank: 'IBAN DE02 1203',
        footer: 'HRB 12345',
        invoice_prefix: 'INV-####',
      },
    });
    await setClient('whole', {
      name: '株式会社テスト & Söhne',
      currency: 'EUR',
      exchange_rate: 1,
      address: '1 Main St\nDublin',
      tax_id: 'IE6388047V',
      tax_percent: 19,
      locale: 'de',
      markup_percent: 100,
    });
    await use('whole', 10_000);
    const from = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    const invoice = await bill('whole', { from, to: now() });
    expect(invoice).toMatchObject({
      status: 'issued',
      seller: { name: 'North GmbH', address: 'Hafenstraße 1\n20457 Hamburg', tax_id: 'DE123456789' },
      client: { name: '株式会社テスト & Söhne', address: '1 Main St\nDublin', tax_id: 'IE6388047V' },
      subtotal: 0.2,
      tax: 0.04,
      total: 0.24,
      label: `INV-${String(invoice.number).padStart(4, '0')}`,
    });
    expect(Date.parse(invoice.due_at ?? '') - Date.parse(invoice.issued_at)).toBe(14 * 86_400_000);
    const html = await page(linkOf(invoice));
    for (const text of [
      'North GmbH',
      'Hafenstraße 1<br>20457 Hamburg',
      'DE123456789',
      '株式会社テスト &amp; Söhne',
      'IE6388047V',
      'USt. 19',
      'IBAN DE02 1203',
      'HRB 12345',
      invoice.label,
      'Rechnung',
      '0,24',
    ])
      expect(html).toContain(text);
    expect(html).not.toContain('TEST');
    for (const asked of [invoice.id, String(invoice.number), invoice.label])
      expect(await json(gateway.get(`/v1/invoices/${asked}`))).toMatchObject({ id: invoice.id });
    await setWorkspace({ billing: { invoice_prefix: null, payment_terms_days: null } });
  });

  it('is from the legal name, else from the name that clients know, else from the workspace', async () => {
    const sellerOf = async (legalName: string | null, brand: string | null): Promise<string> => {
      await setWorkspace({ name: 'Internal 7', billing: { legal_name: legalName }, branding: { name: brand } });
      await use('seller', 1_000);
      const invoice = await bill('seller', { from: '2026-01-01', to: now() });
      const { name } = (invoice as unknown as { seller: { name: string } }).seller;
      expect(await page(linkOf(invoice))).toContain(name);
      const pdf = await gateway.get(`/v1/invoices/${invoice.id}?format=pdf`);
      expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      await json(gateway.post(`/v1/invoices/${invoice.number}/void`, {}), 201);
      return name;
    };
    expect(await sellerOf('North GmbH', 'North Agency')).toBe('North GmbH');
    expect(await sellerOf(null, 'North Agency')).toBe('North Agency');
    expect(await sellerOf(null, null)).toBe('Internal 7');
  });

  it('shows people the last day of the month, by the workspace’s clock', async () => {
    await setWorkspace({ timezone: 'Asia/Kathmandu' });
    await use('zoned', 1_000);
    // 30 September, 18:20 UTC is 1 October, 00:05 in Kathmandu.
    await gateway.database.pool.query(`select ensure_call_partitions('2025-09-01'::date, 3)`);
    await gateway.database.pool.query(`update calls set created_at = '2025-09-30T18:20:00Z' where client_id = 'zoned'`);
    expect(await bill('zoned', { period: '2025-09' }, 409)).toMatchObject({ error: { code: 'conflict' } });
    const invoice = await bill('zoned', { period: '2025-10' });
    expect(invoice).toMatchObject({ from: '2025-09-30T18:15:00.000Z', to: '2025-10-31T18:15:00.000Z', total: 0.01 });
    expect(await page(linkOf(invoice))).toContain('October 1, 2025 – October 31, 2025');
    // The same days by hand.
    await json(gateway.post(`/v1/invoices/${invoice.number}/void`, {}), 201);
    expect(await bill('zoned', { from: '2025-10-01', to: '2025-11-01' })).toMatchObject({
      from: '2025-09-30T18:15:00.000Z',
    });
    await setWorkspace({ timezone: 'UTC' });
  });

  it('is refused without calls, takes no number then, and names the invoice that covers the calls', async () => {
    const { billing } = await json<{ billing: { next_number: number } }>(gateway.get('/v1/workspace'));
    for (const more of [{ period: 'last_month' }, { period: thisMonth() }, { from: '2026-01-01', to: '2026-02-01' }])
      expect(await bill('nobody', more, 409)).toMatchObject({
        error: { code: 'conflict', message: expect.stringContaining('nothing to bill') },
      });
    await use('covered', 10_000);
    const invoice = await bill('covered', { period: thisMonth() });
    expect(invoice.number).toBe(billing.next_number);
    expect(await bill('covered', { period: thisMonth() }, 409)).toMatchObject({
      error: {
        code: 'conflict',
        message: expect.stringContaining(`Invoice ${invoice.label} `),
        details: { number: invoice.number, id: invoice.id },
      },
    });
    for (const body of [{ period: '2099-01' }, { period: 'soon' }, { period: '2026-01', from: '2026-01-01' }, {}])
      expect((await gateway.post('/v1/invoices', { client_id: 'covered', ...body })).status).toBe(400);
  });

  it('is made of an amount that rounds to 0.00 too, and locks its calls', async () => {
    await use('tiny', 350);
    const issued = await bill('tiny', { period: thisMonth() });
    expect(issued).toMatchObject({ total: 0, lines: [{ requests: 1, cost_usd: 0.0035, amount: 0 }] });
    expect(await bill('tiny', { period: thisMonth() }, 409)).toMatchObject({
      error: { message: expect.stringContaining('already covers') },
    });
  });

  it('keeps the names that it was issued with when its client and workspace get others', async () => {
    await setClient('renamed', { name: 'Old Name Ltd' });
    await use('renamed', 100_000, { 'x-scenario-id': 'renamed-7' });
    await json(gateway.send('PUT', '/v1/scenarios/renamed-7/name', { name: 'Old scenario' }));
    const issued = await bill('renamed', { period: thisMonth() });
    const before = await page(linkOf(issued));
    await setClient('renamed', { name: 'New Name Inc.', address: '9 New Road' });
    await json(gateway.send('PUT', '/v1/scenarios/renamed-7/name', { name: 'New scenario' }));
    await setWorkspace({ name: 'New Agency' });
    const read = await json<Invoice>(gateway.get(`/v1/invoices/${issued.id}`));
    expect(read).toEqual(issued);
    expect(await page(linkOf(issued))).toBe(before);
    expect(before).toContain('Old Name Ltd');
    expect(before).not.toMatch(/New Name|New Road|New Agency|New scenario/);
    const note = await json<Invoice>(gateway.post(`/v1/invoices/${issued.id}/void`, {}), 201);
    expect(await page(linkOf(note))).toContain('Old Name Ltd');
  });

  it('is answered once it has its number, also where the host name for its link cannot be looked up any more', async () => {
    await use('unlinked', 1_000);
    const hosts = gateway.gateway.services.brandedHosts;
    const urlFor = hosts.urlFor.bind(hosts);
    const count = async (): Promise<number> =>
      (await gateway.database.pool.query(`select 1 from invoices where client_id = 'unlinked'`)).rows.length;
    hosts.urlFor = () => Promise.reject(new Error('the database is away'));
    await bill('unlinked', { period: thisMonth() }, 500).finally(() => {
      hosts.urlFor = urlFor;
    });
    expect(await count()).toBe(0);
    expect((await bill('unlinked', { period: thisMonth() })).url).toContain('/invoices/');
  });

  it('continues the numbers of earlier books, and never goes back', async () => {
    await setWorkspace({ billing: { next_number: 5_000 } });
    await use('numbered', 10_000);
    expect(await bill('numbered', { period: thisMonth() })).toMatchObject({ number: 5_000 });
    const note = await json<Invoice>(gateway.post('/v1/invoices/5000/void', {}), 201);
    expect(note.number).toBe(5_001);
    for (const number of [1, 5_001])
      expect(
        await json(gateway.send('PATCH', '/v1/workspace', { billing: { next_number: number } }), 409),
      ).toMatchObject({
        error: { param: 'billing.next_number' },
      });
  });

  it('is voided by a credit note that is negative throughout, and hides the reason from the client', async () => {
    await setClient('taken', { markup_percent: 50, tax_percent: 20 });
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 1_000, output: 100_000 } });
    await json(gateway.post(chat, hello(), { 'x-client-id': 'taken' }));
    const invoice = await bill('taken', { period: thisMonth() });
    const note = await json<Invoice & { reason: string }>(
      gateway.post(`/v1/invoices/${invoice.number}/void`, { reason: 'Wrong markup, sorry' }),
      201,
    );
    expect(note).toMatchObject({
      number: invoice.number + 1,
      kind: 'credit_note',
      status: 'issued',
      credits: invoice.number,
      subtotal: -invoice.subtotal,
      tax: -invoice.tax,
      total: -invoice.total,
      due_at: null,
      reason: 'Wrong markup, sorry',
    });
    const fields = ['requests', 'input_tokens', 'output_tokens', 'cost_usd', 'amount'] as const;
    for (const field of fields) expect(note.lines[0]?.[field]).toBe(-(invoice.lines[0]?.[field] ?? 0));
    const csv = await (await gateway.get(`/v1/invoices/${note.id}`, { accept: 'text/csv' })).text();
    const [head = '', row = ''] = csv.split('\r\n');
    for (const field of fields) expect(Number(row.split(',')[head.split(',').indexOf(field)])).toBeLessThan(0);
    for (const url of [linkOf(note), `${linkOf(note)}/csv`, linkOf(invoice)])
      expect(await page(url)).not.toMatch(/Wrong markup|cost|markup/i);
    expect(await page(linkOf(note))).toContain('Credit note');
    expect(await page(linkOf(invoice))).toContain('>Void<');
  });
});

describe('the link to an invoice', () => {
  it('opens in a browser without a key, shows no cost, runs no script, and cannot be guessed', async () => {
    await setWorkspace({ branding: { logo: 'https://cdn.north.example/logo.png', accent: '#0a7d4f' } });
    await setClient('linked', {
      name: '<script>alert(1)</script>',
      markup_percent: 37,
      exchange_rate: 0.5,
      currency: 'EUR',
    });
    await use('linked', 250_000);
    const invoice = await bill('linked', { period: thisMonth() });
    const answer = await fetch(linkOf(invoice));
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('img-src https://cdn.north.example;');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toContain('no-store');
    const html = await answer.text();
    expect(html).toContain('&lt;script&gt;alert(1)');
    // A link is signed with random letters and digits.
    expect(html.replaceAll(/href="[^"]*"/g, '')).not.toMatch(/<script|2\.5\b|37|markup/);
    const csv = await page(`${linkOf(invoice)}/csv`);
    expect(csv.split('\r\n')[0]).not.toContain('cost');
    const [workspace, id, signature = ''] = linkOf(invoice).split('/').at(-1)?.split('.') ?? [];
    for (const token of [
      `${workspace}.${id}.${'A'.repeat(43)}`,
      `${workspace}.${id?.slice(0, -1)}x.${signature}`,
      `${workspace}.${id}`,
      'nonsense',
    ])
      expect((await fetch(`${gateway.url}/invoices/${token}`)).status).toBe(404);
    await setWorkspace({ branding: { logo: null } });
  });

  it('has a PDF with the same texts and its fonts, by key and by link', async () => {
    await setWorkspace({ branding: { logo: png } });
    await setClient('paper', { name: '株式会社テスト Müller', currency: 'EUR', exchange_rate: 1, markup_percent: 12 });
    await use('paper', 250_000);
    const invoice = await bill('paper', { period: thisMonth() });
    const html = await page(linkOf(invoice));
    expect(html).toContain(`href="/invoices/${linkOf(invoice).split('/').at(-1)}/pdf"`);
    for (const answer of [
      await fetch(`${linkOf(invoice)}/pdf`),
      await gateway.get(`/v1/invoices/${invoice.number}`, { accept: 'application/pdf' }),
      await gateway.get(`/v1/invoices/${invoice.number}?format=pdf`),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/pdf');
      const pdf = Buffer.from(await answer.arrayBuffer()).toString('latin1');
      expect(pdf).toMatch(/^%PDF-/);
      for (const font of ['DejaVuSans', 'SawarabiGothic'])
        expect(pdf).toMatch(new RegExp(`/FontName /[A-Z]+\\+${font}`));
      // Embedded: nothing is left to the reader's own fonts.
      expect(pdf).toContain('/FontFile');
      expect(pdf).toContain('/Subtype /Image');
    }
    await setWorkspace({ branding: { logo: null } });
  });

  it('shows TEST across an invoice of test keys, whose numbers are separate', async () => {
    const as = { authorization: `Bearer ${testKey}` };
    await json(
      gateway.post(
        chat,
        { ...hello(), messages: [{ role: 'user', content: 'sandbox:cost 4.00' }] },
        { ...as, 'x-client-id': 'tried' },
      ),
    );
    const invoice = await json<Invoice & { livemode: boolean }>(
      gateway.post('/v1/invoices', { client_id: 'tried', period: thisMonth() }, as),
      201,
    );
    expect(invoice).toMatchObject({ number: 1, livemode: false });
    expect(await page(linkOf(invoice))).toContain('>TEST<');
    expect((await gateway.get(`/v1/invoices/${invoice.id}`)).status).toBe(404);
  });
});

describe('an invoice run over all clients', () => {
  it('previews, bills, and bills nothing twice, with any number of concurrent runs', async () => {
    await setWorkspace({ timezone: 'UTC' });
    await gateway.database.pool.query(`select ensure_call_partitions('2025-03-01'::date, 1)`);
    await setClient('all-idle', { name: 'Idle' });
    for (const client of ['all-a', 'all-b']) {
      await use(client, 100_000);
      await gateway.database.pool.query(`update calls set created_at = '2025-03-10T12:00:00Z' where client_id = $1`, [
        client,
      ]);
    }
    // The job may have summed that month meanwhile.
    await gateway.database.pool.query('delete from usage_rollup');
    const preview = (more = ''): Promise<{ data: Row[] }> =>
      json(gateway.get(`/v1/invoices/preview?period=2025-03${more}`));
    const stateOf = (data: Row[], id: string): string | undefined => data.find((row) => row.client_id === id)?.status;
    const before = await preview();
    expect(before.data.find(({ client_id: id }) => id === 'all-a')).toMatchObject({
      status: 'to_bill',
      total: 1,
      number: null,
    });
    expect(stateOf(before.data, 'all-idle')).toBe('nothing_to_bill');
    expect((await preview('&client_id=all-b')).data).toMatchObject([
      { client_id: 'all-b', status: 'to_bill', total: 1 },
    ]);
    const all = (): Promise<{ data: Row[] }> => json(gateway.post('/v1/invoices/all', { period: '2025-03' }));
    const rounds = await Promise.all([all(), all(), all()]);
    for (const client of ['all-a', 'all-b'])
      expect(rounds.map(({ data }) => stateOf(data, client)).sort()).toEqual([
        'already_billed',
        'already_billed',
        'made',
      ]);
    expect(stateOf((await all()).data, 'all-a')).toBe('already_billed');
    const after = (await preview()).data.find(({ client_id: id }) => id === 'all-a');
    expect(after).toMatchObject({ status: 'already_billed', number: expect.any(Number), total: 0 });
    const { data } = await json<{ data: Invoice[] }>(gateway.get('/v1/invoices?client_id=all-a'));
    expect(data).toHaveLength(1);
    const files = unzip(Buffer.from(await (await gateway.get('/v1/invoices?period=2025-03&format=zip')).arrayBuffer()));
    const labels = (await json<{ data: Invoice[] }>(gateway.get('/v1/invoices?period=2025-03'))).data.map(
      ({ label }) => label,
    );
    expect(labels.length).toBeGreaterThanOrEqual(2);
    expect(Object.keys(files)).toEqual(labels.map((label) => `invoice-${label}.pdf`));
    for (const pdf of Object.values(files)) expect(pdf).toMatch(/^%PDF-/);
    const sheets = await (await gateway.get('/v1/invoices?period=2025-03', { accept: 'text/html' })).text();
    expect(sheets.match(/<article>/g)).toHaveLength(labels.length);
    for (const label of labels) expect(sheets).toContain(label);
    expect(await (await gateway.get('/v1/invoices?period=2024-01&format=html')).text()).toContain(
      'There are no invoices',
    );
  });
});
