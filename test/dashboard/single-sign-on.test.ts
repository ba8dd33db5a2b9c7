import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import {
  assertionXml,
  makeSamlIdp,
  readAuthnRequest,
  responseXml,
  type SamlIdp,
  signXml,
} from '../support/fakes/saml-idp.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** The person who is signed in at the identity provider. */
const member = { nameId: 'eve-1', email: 'eve@saml.example', groups: ['Builders'] };

/** The pages of an identity provider, on another site: a form that sends itself, and a link to our sign-in that nobody asked for. */
async function serveIdp(idp: SamlIdp, gatewayUrl: string): Promise<Server> {
  const server = createServer((req, res) => {
    res.setHeader('content-type', 'text/html');
    if (req.url?.startsWith('/sso') !== true) {
      res.end(`<!doctype html><link rel="icon" href="data:,"><a href="${gatewayUrl}/auth/sso/saml">Win a prize</a>`);
      return;
    }
    const { id, acs, issuer } = readAuthnRequest(`${idp.ssoUrl}${req.url.slice('/sso'.length)}`);
    const given = { idp, inResponseTo: id, recipient: acs, audience: issuer, ...member };
    const response = Buffer.from(responseXml(given, signXml(assertionXml(given), idp))).toString('base64');
    res.end(
      `<!doctype html><link rel="icon" href="data:,"><form method="post" action="${acs}"><input type="hidden" name="SAMLResponse" value="${response}"></form><script>document.forms[0].submit()</script>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe.skipIf(chromiumPath === undefined)(`single sign-on by SAML in a browser${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let dns: DnsServer;
  let idp: SamlIdp;
  let server: Server;
  let elsewhere: string;

  beforeAll(async () => {
    dns = await startDnsServer();
    dashboard = await openDashboard({ ALLOW_PRIVATE_NETWORK: 'true', DOMAIN_RESOLVER: dns.address });
    // As PUBLIC_URL sets it: people are at `localhost`, and the identity provider at `127.0.0.1` is another site.
    dashboard.gateway.gateway.services.publicUrl = dashboard.url;
    idp = makeSamlIdp();
    server = await serveIdp(idp, dashboard.url);
    elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    dashboard.expectProblem(/a request to another host: http:\/\/127\.0\.0\.1/);
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await dns.stop();
    await dashboard.stop();
  });

  it('is set up by an owner on the screen, and lets a member in', async () => {
    const page = await dashboard.open('/app/settings/sso');
    await page.getByRole('button', { name: 'Add SAML', exact: true }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Name', { exact: true }).fill('ADFS');
    await form.getByLabel('Slug', { exact: true }).fill('saml');
    await form.getByLabel('IdP entity id').fill(idp.entityId);
    await form.getByLabel('Sign-on URL').fill(`${elsewhere}/sso`);
    await form.getByLabel('Certificate').fill(idp.certificate);
    const domains = form.getByRole('group', { name: /^Domains/ });
    await domains.getByRole('button', { name: 'Add an entry' }).click();
    await domains.getByRole('textbox').fill('saml.example');
    await form.getByLabel(/^Default role/).selectOption('viewer');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'ADFS', exact: true }).waitFor();

    const { data } = await json<{ data: { txt_name: string; txt_value: string }[] }>(
      dashboard.gateway.get('/v1/domains'),
    );
    dns.records.set(data[0]?.txt_name ?? '', [data[0]?.txt_value ?? '']);
    await page.getByRole('button', { name: 'Verify saml.example' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Verify', exact: true }).click();
    await page
      .getByRole('row', { name: /saml\.example/ })
      .getByRole('cell', { name: 'yes' })
      .first()
      .waitFor();
    await page.context().close();

    const person = await dashboard.open('/app/usage', { cookie: undefined });
    await person.getByLabel('E-mail').fill(member.email);
    await person.getByRole('button', { name: 'Sign in', exact: true }).click();
    await person.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
    expect(new URL(person.url()).pathname).toBe('/app/usage');
    const cookies = await person.context().cookies(dashboard.url);
    expect(cookies.find(({ name }) => name === 'gw_session')).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
    const members = await json<{ data: { email: string; role: string; source: string }[] }>(
      dashboard.gateway.get('/v1/members'),
    );
    expect(members.data.find(({ email }) => email === member.email)).toMatchObject({ role: 'viewer', source: 'sso' });
    await person.context().close();
  }, 60_000);

  it('says which connection gives a member the role, with no button to change it', async () => {
    const page = await dashboard.open('/app/settings/people');
    await page.getByRole('button', { name: `Change ${member.email}` }).waitFor();
    const { data } = await json<{ data: { id: string }[] }>(dashboard.gateway.get('/v1/sso-connections'));
    const groupRoles = { group_roles: [{ group: 'Builders', role: 'viewer' }] };
    await json(dashboard.gateway.send('PATCH', `/v1/sso-connections/${data[0]?.id}`, groupRoles));
    await page.reload();
    const row = page.getByRole('row', { name: new RegExp(member.email) });
    await row.getByRole('cell', { name: 'groups of ADFS, at each sign-in' }).waitFor();
    expect(await row.getByRole('button').allTextContents()).toEqual(['Remove']);
    await page.context().close();
  });

  it('asks first where a page of another site begins it, and leaves the session that is there', async () => {
    const page = await dashboard.open('/app');
    await page.goto(elsewhere);
    await page.getByRole('link', { name: 'Win a prize' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in with single sign-on' }).waitFor();
    expect(await page.locator('body').textContent()).toContain('You are signed in as ada@agency.example');
    await page.goto('/app');
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    // The person who knows the workspace goes on by a click.
    await page.goto(elsewhere);
    await page.getByRole('link', { name: 'Win a prize' }).click();
    await page.getByRole('link', { name: 'Continue' }).click();
    await page.waitForURL(`${dashboard.url}/app`);
    const { person } = await json<{ person: { email: string } }>(
      fetch(`${dashboard.url}/v1/session`, {
        headers: { cookie: (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ') },
      }),
    );
    expect(person.email).toBe(member.email);
    await page.context().close();
  }, 60_000);
});
