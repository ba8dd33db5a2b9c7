import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { firstPerson, invited, type Person } from '../support/person.ts';
import { type ReadMail, readMail } from '../support/read-mail.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** One pixel. */
const png =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const operatorKey = `gw_operator_${'m'.repeat(40)}`;

let mailbox: Mailbox;
let gateway: TestGateway;
let ada: Person;
beforeAll(async () => {
  mailbox = await startMailbox();
  gateway = await startTestGateway({
    SMTP_URL: mailbox.url,
    SMTP_FROM: 'Gateway <alerts@gateway.example>',
    GATEWAY_OPERATOR_KEY: operatorKey,
    SIGN_UP: 'open',
  });
  ada = await firstPerson(gateway);
});
afterAll(async () => {
  await gateway.stop();
  await mailbox.stop();
});

/** The newest mail to an address whose subject ends so, once it is there. */
function mailTo(to: string, subject: string): Promise<ReadMail> {
  return eventually(() => {
    const found = mailbox.mails.filter((mail) => mail.to === to).map(({ raw }) => readMail(raw));
    const last = found.findLast(({ headers }) => headers.get('subject')?.includes(subject));
    if (last === undefined) throw new Error(`no mail to ${to} has the subject "${subject}"`);
    return last;
  }, 20_000);
}
const brand = (branding: object): Promise<unknown> => json(gateway.send('PATCH', '/v1/workspace', { branding }));
const invite = (email: string): Promise<unknown> =>
  json(ada.send('POST', '/v1/invitations', { email, role: 'member' }), 201);
/** Presses the button behind the link of the mail. */
async function confirmAlerts(address: string): Promise<void> {
  const { text } = await mailTo(address, 'Confirm your address');
  const [link = ''] = /http:\S+\/webhooks\/confirm\/[\w-]+/.exec(text) ?? [];
  expect((await fetch(link, { method: 'POST' })).status).toBe(200);
}
async function askReset(email: string): Promise<void> {
  const asked = await fetch(`${gateway.url}/auth/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: gateway.url, 'x-gateway-app': '1' },
    body: JSON.stringify({ email }),
  });
  expect(asked.status).toBeLessThan(300);
}

describe('a mail of a workspace', () => {
  it('is the gateway’s own while there is no branding, as text and as a page', async () => {
    await invite('first@example.com');
    const { headers, text, html, files } = await mailTo('first@example.com', 'You are invited');
    expect(headers.get('from')).toBe('Gateway <alerts@gateway.example>');
    expect(headers.get('subject')).toBe('AI Gateway: You are invited to a workspace');
    expect([headers.has('reply-to'), files.size]).toEqual([false, 0]);
    const [link = ''] = /http:\S+#[\w-]{43}/.exec(text) ?? [];
    expect(link).not.toBe('');
    expect(html).toContain(`<a href="${link}"`);
    expect(html).toContain('Accept the invitation');
  });

  it('carries the name, the logo, the readable accent and the address for answers', async () => {
    await brand({ name: 'North Agency', logo: png, accent: '#ffcc00', reply_to: 'help@north.example' });
    // Anybody can sign up here: strangers get the gateway's mail until a domain is proven.
    await invite('stranger@example.com');
    expect((await mailTo('stranger@example.com', 'invited')).headers.get('subject')).toMatch(/^AI Gateway: /);
    // So do the people of the workspace, whom it has entered itself.
    const webhook = { url: 'mailto:early@example.com', events: ['budget.threshold_reached'] };
    const { id } = await json<{ id: string }>(gateway.post('/v1/webhooks', webhook), 201);
    await confirmAlerts('early@example.com');
    await json(gateway.post(`/v1/webhooks/${id}/test`, {}));
    await invited(gateway, ada, { email: 'early-owner@example.com', role: 'owner' });
    await askReset('ada@agency.example');
    for (const [to, subject] of [
      ['early@example.com', 'Test: Budget'],
      ['ada@agency.example', 'New owner'],
      ['ada@agency.example', 'Your new password'],
    ] as const) {
      const { headers, html } = await mailTo(to, subject);
      expect(headers.get('from')).toBe('Gateway <alerts@gateway.example>');
      expect([headers.get('subject'), headers.has('reply-to')]).toEqual([
        expect.stringMatching(/^AI Gateway: /),
        false,
      ]);
      expect(html).not.toContain('North Agency');
    }
    mailbox.mails.length = 0;
    const domain = await json<{ id: string }>(gateway.post('/v1/domains', { domain: 'north.example' }), 201);
    const vouch = { authorization: `Bearer ${operatorKey}` };
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}, vouch));
    await invite('second@example.com');
    const { headers, text, html, files } = await mailTo('second@example.com', 'You are invited');
    expect(headers.get('from')).toBe('North Agency <alerts@gateway.example>');
    expect(headers.get('reply-to')).toBe('help@north.example');
    expect(headers.get('subject')).toBe('North Agency: You are invited to a workspace');
    expect(text).toContain('North Agency invites you');
    expect([...files.values()]).toEqual([{ type: 'image/png', bytes: Buffer.from(png.slice(22), 'base64') }]);
    expect(html).toContain(`<img src="cid:${[...files.keys()][0]}" alt="North Agency"`);
    // #ffcc00 is too bright on white.
    expect(html).toContain('#806600');
    expect(html).not.toContain('#ffcc00');
    expect(`${text}${html}`).not.toContain('AI Gateway');
  });

  it('has the branding in alerts and their confirmation, in resets, and in notices to owners', async () => {
    const webhook = { url: 'mailto:boss@north.example', events: ['budget.threshold_reached'] };
    const { id } = await json<{ id: string }>(gateway.post('/v1/webhooks', webhook), 201);
    const asked = await mailTo('boss@north.example', 'Confirm your address');
    expect([asked.headers.get('reply-to'), asked.html.includes('Send me alerts')]).toEqual([
      'help@north.example',
      true,
    ]);
    await confirmAlerts('boss@north.example');
    await json(gateway.post(`/v1/webhooks/${id}/test`, {}));
    const alert = await mailTo('boss@north.example', 'Test: Budget');
    expect(alert.headers.get('from')).toBe('North Agency <alerts@gateway.example>');
    // Its subject is the heading of the page, and not the first line of it as well.
    const [heading = ''] = /<h1[^>]*>([^<]*)<\/h1>/.exec(alert.html) ?? [];
    expect(heading).toContain('Test: Budget');
    expect(alert.html.split('Test: Budget')).toHaveLength(3);
    await invited(gateway, ada, { email: 'owner@north.example', role: 'owner' });
    const notice = await mailTo('ada@agency.example', 'New owner');
    expect(notice.headers.get('subject')).toMatch(/^North Agency: New owner in /);
    await askReset('ada@agency.example');
    const mail = await mailTo('ada@agency.example', 'Your new password');
    expect([mail.headers.get('from'), mail.html.includes('Set a new password')]).toEqual([
      'North Agency <alerts@gateway.example>',
      true,
    ]);
  });

  it('shows hostile names as the text that they are, and lets none of them into its headers', async () => {
    const hostile = '<img src=x onerror=alert(1)> "; =cmd';
    await brand({ name: hostile, logo: null });
    await json(ada.send('PATCH', '/v1/workspace', { name: `Evil</h1><script>alert(1)</script>` }));
    await invite('third@example.com');
    const { headers, html } = await mailTo('third@example.com', 'You are invited');
    expect(headers.get('from')).toContain('<alerts@gateway.example>');
    expect(headers.get('subject')).toBe(`${hostile}: You are invited to a workspace`);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &quot;; =cmd');
    expect(html).not.toMatch(/<img|<script|<\/h1><script/);
  });
});
