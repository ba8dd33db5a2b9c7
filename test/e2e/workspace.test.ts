import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

interface Workspace {
  name: string;
  timezone: string;
  locale: string;
  billing: Record<string, string | number | null>;
  branding: Record<string, string | null>;
}

const asTest = { authorization: `Bearer ${testKey}` };
const read = (headers = {}): Promise<Workspace> => json(gateway.get('/v1/workspace', headers));
const change = (body: object, headers = {}): Promise<Workspace> =>
  json(gateway.send('PATCH', '/v1/workspace', body, headers));
async function keyOf(body: object): Promise<Record<string, string>> {
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', body), 201);
  return { authorization: `Bearer ${key}` };
}

const png =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('a workspace', () => {
  it('shows its settings, and keeps those that are not changed', async () => {
    expect(await read()).toEqual({
      name: 'My workspace',
      timezone: 'UTC',
      locale: 'en',
      billing: {
        legal_name: null,
        address: null,
        tax_id: null,
        payment_terms_days: null,
        bank: null,
        footer: null,
        invoice_prefix: null,
        next_number: 1,
      },
      branding: { name: null, logo: null, accent: null, reply_to: null, host: null },
    });
    await change({
      name: 'North Agency',
      timezone: 'Asia/Kathmandu',
      locale: 'de-CH',
      billing: { legal_name: 'North GmbH', address: 'Hafen 1\r\n20457 Hamburg', payment_terms_days: 14 },
      branding: { logo: png, accent: '#1a56db' },
    });
    const after = await change({ billing: { tax_id: 'DE1', payment_terms_days: null }, branding: { logo: null } });
    expect(after).toMatchObject({
      name: 'North Agency',
      timezone: 'Asia/Kathmandu',
      locale: 'de-CH',
      billing: {
        legal_name: 'North GmbH',
        address: 'Hafen 1\n20457 Hamburg',
        tax_id: 'DE1',
        payment_terms_days: null,
      },
      branding: { logo: null, accent: '#1a56db' },
    });
    expect(await read()).toEqual(after);
    await eventually(async () =>
      expect(await json(gateway.get('/v1/me'))).toMatchObject({ workspace: { name: 'North Agency' } }),
    );
  });

  it('shows the settings of live mode in test mode, and changes only test mode there', async () => {
    await change({ timezone: 'Europe/Paris', billing: { legal_name: 'Live Ltd', bank: 'IBAN 1' } });
    expect(await read(asTest)).toMatchObject({
      timezone: 'Europe/Paris',
      billing: { legal_name: 'Live Ltd', bank: 'IBAN 1' },
    });
    await change({ name: 'Trial', billing: { legal_name: 'Test Ltd', bank: null, next_number: 50 } }, asTest);
    expect(await read(asTest)).toMatchObject({
      name: 'Trial',
      timezone: 'Europe/Paris',
      billing: { legal_name: 'Test Ltd', bank: null, next_number: 50 },
    });
    expect(await read()).toMatchObject({ billing: { legal_name: 'Live Ltd', bank: 'IBAN 1', next_number: 1 } });
  });

  it('accepts only real time zones, languages, colours and pictures, and names the refused field', async () => {
    const bomb = Buffer.from(png.slice(22), 'base64');
    bomb.writeUInt32BE(60_000, 16);
    const refused: [string, object][] = [
      ['timezone', { timezone: 'Mars/Olympus' }],
      ['timezone', { timezone: '+05:45' }],
      ['locale', { locale: 'de_DE' }],
      ['locale', { locale: 'ar-u-nu-thai' }],
      ['name', { name: ' ' }],
      ['branding.accent', { branding: { accent: 'red;background:url(//x)' } }],
      ['branding.logo', { branding: { logo: 'http://agency.example/logo.png' } }],
      ['branding.logo', { branding: { logo: 'javascript:alert(1)' } }],
      ['branding.logo', { branding: { logo: 'data:text/html;base64,PGI+' } }],
      ['branding.logo', { branding: { logo: `data:image/png;base64,${'A'.repeat(400_000)}` } }],
      ['branding.logo', { branding: { logo: 'data:image/png;base64,aGVsbG8=' } }],
      ['branding.logo', { branding: { logo: `data:image/png;base64,${bomb.toString('base64')}` } }],
      ['billing.payment_terms_days', { billing: { payment_terms_days: -1 } }],
      ['billing.invoice_prefix', { billing: { invoice_prefix: '2026' } }],
      ['billing.next_number', { billing: { next_number: 0 } }],
      ['billing.iban', { billing: { iban: 'x' } }],
      ['timezone', { timezone: null }],
    ];
    for (const [param, body] of refused)
      expect(await json(gateway.send('PATCH', '/v1/workspace', body), 400), JSON.stringify(body)).toMatchObject({
        error: { code: 'invalid_request', param },
      });
  });

  it('is changed by owners, read by viewers and members, and closed to keys that only call models', async () => {
    const member = await keyOf({ name: 'm', role: 'member' });
    const viewer = await keyOf({ name: 'v', role: 'viewer' });
    const caller = await keyOf({ name: 'c', role: 'caller' });
    for (const key of [member, viewer]) {
      expect((await gateway.get('/v1/workspace', key)).status).toBe(200);
      expect((await gateway.send('PATCH', '/v1/workspace', { name: 'x' }, key)).status).toBe(403);
    }
    expect((await gateway.get('/v1/workspace', caller)).status).toBe(403);
    // A client's key learns who bills it, not how many invoices there are, and changes nothing.
    const locked = await keyOf({
      name: 'l',
      role: 'owner',
      tags: { client_id: 'acme' },
      locked_tags: ['client_id'],
    });
    expect((await read(locked)).billing).not.toHaveProperty('next_number');
    expect(await json(gateway.send('PATCH', '/v1/workspace', { name: 'x' }, locked), 403)).toMatchObject({
      error: { code: 'tag_forbidden' },
    });
  });
});
