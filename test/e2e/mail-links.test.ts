import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { firstPerson, invited, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/*
 * The host names in mails of a workspace whose portal has an own one: people sign in at the gateway's address alone, so that every link that needs a session, or
 * makes one, leads there.
 */

const host = 'ai.north.example';
const operatorKey = `gw_operator_${'l'.repeat(40)}`;

describe('a link in a mail of a workspace with an own host name', () => {
  let mailbox: Mailbox;
  let gateway: TestGateway;
  let ada: Person;
  /** As people open it: the name of this machine, and no number. */
  let publicUrl: string;
  const linksTo = (text: string): string[] => text.match(/https?:\/\/[^\s"<>]+/g) ?? [];

  beforeAll(async () => {
    mailbox = await startMailbox();
    gateway = await startTestGateway({ SMTP_URL: mailbox.url, GATEWAY_OPERATOR_KEY: operatorKey });
    publicUrl = gateway.url.replace('127.0.0.1', 'localhost');
    ada = await firstPerson(gateway);
    const domain = await json<{ id: string }>(gateway.post('/v1/domains', { domain: 'north.example' }), 201);
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}, { authorization: `Bearer ${operatorKey}` }));
    await json(gateway.send('PATCH', '/v1/workspace', { name: 'North', branding: { host, name: 'North Agency' } }));
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme' }));
  });
  afterAll(async () => {
    await gateway?.stop();
    await mailbox?.stop();
  });

  it('of a portal and of an invoice names the own host, as the client knows it', async () => {
    const { url } = await json<{ url: string }>(gateway.post('/v1/clients/acme/links', { name: 'Jane' }), 201);
    expect(new URL(url).hostname).toBe(host);
    await json(gateway.post(chat, hello(), { 'x-client-id': 'acme' }));
    const period = { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() };
    const invoice = await json<{ url: string }>(gateway.post('/v1/invoices', period), 201);
    expect(new URL(invoice.url).hostname).toBe(host);
  });

  it('of an invitation, also to the portal, leads to where people sign in', async () => {
    for (const role of ['member', 'client'] as const) {
      const email = `${role}@acme.example`;
      const invitation = { email, role, ...(role === 'client' && { client_id: 'acme' }) };
      await json(gateway.post('/v1/invitations', invitation), 201);
      const text = await mailbox.newest(email);
      const links = linksTo(text);
      expect(links.some((link) => link.startsWith(`${publicUrl}/auth/link#`))).toBe(true);
      expect(links.filter((link) => !link.startsWith(publicUrl))).toEqual([]);
      expect(text).toContain('North Agency invites you to');
    }
  });

  it('of an alert, its confirmation, a new password and a notice leads to the gateway itself', async () => {
    const hook = { url: 'mailto:boss@north.example', events: ['budget.threshold_reached', 'budget.exceeded'] };
    await json(gateway.post('/v1/webhooks', hook), 201);
    const confirm = linksTo(await mailbox.with('boss@north.example', 'Confirm your address'))[0] ?? '';
    expect(confirm).toContain(`${publicUrl}/webhooks/confirm/`);
    expect((await fetch(`${gateway.url}${new URL(confirm).pathname}`, { method: 'POST' })).status).toBe(200);
    const budget = { name: 'Tiny', limit_usd: 0.01, scope: { client_id: 'acme' } };
    await json(gateway.post('/v1/budgets', budget), 201);
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 1_000, output: 900 } });
    await json(gateway.post(chat, hello({ max_tokens: 500 }), { 'x-client-id': 'acme' }));
    const alert = await mailbox.with('boss@north.example', 'Budget "Tiny" has reached');
    expect(linksTo(alert)[0]).toContain(`${publicUrl}/app/budgets?budget=bud_`);
    await ada.send('POST', '/auth/reset', { email: 'ada@agency.example' });
    const reset = await mailbox.with('ada@agency.example', 'Your new password');
    expect(linksTo(reset).filter((link) => !link.startsWith(publicUrl))).toEqual([]);
    expect(reset).toContain(`${publicUrl}/auth/link#`);
  });

  it('names no 127.0.0.1 where the gateway is on this machine: people are signed in at localhost', async () => {
    const here = await startTestGateway({ SMTP_URL: mailbox.url });
    try {
      const owner = await firstPerson(here);
      await invited(here, owner, { email: 'local@north.example', role: 'viewer' });
      const text = await mailbox.newest('local@north.example');
      expect(text).toContain('You are invited to the workspace "');
      expect(text).toContain('http://localhost:');
      expect(text).not.toContain('127.0.0.1');
    } finally {
      await here.stop();
    }
  });
});
