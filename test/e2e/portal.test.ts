import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * An agency in Kathmandu adds 25 % and bills Acme in euros. A call costs $0.0013 (130 tokens of gpt-4o at $10 a million), so Acme is
 * billed $0.001625, which are €0.001495.
 */
let gateway: TestGateway;
const billed = 0.001495;

interface Link {
  id: string;
  url: string;
  last_opened_at: string | null;
  opened_count: number;
  [field: string]: unknown;
}

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(gateway.send('PATCH', '/v1/workspace', { name: 'North Agency', timezone: 'Asia/Kathmandu' }));
  await json(
    gateway.send('PUT', '/v1/clients/acme', {
      name: 'Acme Inc.',
      markup_percent: 25,
      currency: 'EUR',
      exchange_rate: 0.92,
      notes: 'pays late',
    }),
  );
  await json(gateway.send('PUT', '/v1/clients/globex', { name: 'Globex Corp.' }));
  for (const client of ['acme', 'globex']) {
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 130 } });
    await json(
      gateway.post(chat, hello({ max_tokens: 130 }), { 'x-client-id': client, 'x-scenario-id': `${client} mail` }),
    );
  }
});
afterAll(() => gateway.stop());

const newLink = (client: string, more: object = {}): Promise<Link> =>
  json<Link>(gateway.post(`/v1/clients/${client}/links`, { name: 'Jane', ...more }), 201);
const tokenOf = ({ url }: Link): string => new URL(url).hash.slice(1);
const open = (token: string, more: object = {}): Promise<Response> =>
  fetch(`${gateway.url}/portal/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, ...more }),
  });
const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
const enter = async (link: Link): Promise<string> => {
  const answer = await open(tokenOf(link));
  await json(answer);
  return cookieOf(answer);
};
const see = (path: string, cookie: string): Promise<Response> =>
  fetch(`${gateway.url}/portal/api/${path}`, { headers: { cookie } });

describe('a portal link', () => {
  it('shows the client its billed amounts in its currency', async () => {
    const link = await newLink('acme');
    expect(link.url).toMatch(/^http:\/\/localhost:\d+\/portal#[\w-]{43}$/);
    const cookie = await enter(link);
    expect(await json(see('overview', cookie))).toMatchObject({
      agency: { name: 'North Agency' },
      client: { id: 'acme', name: 'Acme Inc.' },
      currency: 'EUR',
      timezone: 'Asia/Kathmandu',
      usage: { amount: billed, calls: 1 },
    });
  });
});
