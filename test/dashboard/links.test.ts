import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLink } from '../../gateway/src/people/sign-in-link.ts';
import { json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';
import { tokenOf } from '../support/person.ts';

/** The page of a link says what the link is before a click uses it up. */

describe.skipIf(chromiumPath === undefined)(`the page of a link${leftOutWithoutChromium}`, { timeout: 60_000 }, () => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await openDashboard();
    await json(dashboard.owner.send('PATCH', '/v1/workspace', { name: 'Acme Agency' }));
  });
  afterAll(() => dashboard.stop());

  const invite = async (email: string, role = 'member'): Promise<{ id: string; token: string }> => {
    const { id, url } = await json<{ id: string; url: string }>(
      dashboard.owner.send('POST', '/v1/invitations', { email, role }),
      201,
    );
    return { id, token: tokenOf(url) };
  };
  const openLink = (token: string, cookie?: string): Promise<Page> => dashboard.open(`/auth/link#${token}`, { cookie });
  const heading = (page: Page, name: string): Promise<void> =>
    page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

  it('names the inviter, the workspace and the role, has the address fixed, and is accepted by a click', async () => {
    const { token } = await invite('bob@agency.example');
    const page = await openLink(token);
    await heading(page, 'ada invites you to Acme Agency as a member');
    const email = page.getByLabel('E-mail');
    expect([await email.inputValue(), await email.isEditable()]).toEqual(['bob@agency.example', false]);
    expect(page.url()).toBe(`${dashboard.url}/auth/link`);
    await page.getByText('The invitation is from ada@agency.example.').waitFor();
    await page.getByText('As a member you do the daily work there').waitFor();
    await page.getByLabel('Name').fill('Bob');
    await page.getByRole('button', { name: 'Accept and sign in' }).click();
    await heading(page, 'Home');
    await page.context().close();
    const again = await openLink(token);
    await heading(again, 'This invitation is accepted');
    await again.getByRole('link', { name: 'Sign in' }).waitFor();
    await again.context().close();
  });

  it('is left as it was by a program that opens it and runs its scripts', async () => {
    const { token } = await invite('cleo@agency.example', 'viewer');
    for (let times = 0; times < 2; times++) {
      const page = await openLink(token);
      await heading(page, 'ada invites you to Acme Agency as a viewer');
      await page.context().close();
    }
  });

  it('lets a person who is signed in as somebody else sign out, and keeps the link', async () => {
    const { token } = await invite('dan@agency.example');
    const owner = await json<{ url: string }>(
      dashboard.owner.send('POST', '/v1/invitations', { email: 'eve@agency.example', role: 'viewer' }),
      201,
    );
    const eve = await openLink(tokenOf(owner.url));
    await eve.getByRole('button', { name: 'Accept and sign in' }).click();
    await heading(eve, 'Home');
    await eve.goto(`${dashboard.url}/auth/link#${token}`);
    await eve.getByText('You are signed in as eve@agency.example').waitFor();
    await eve.getByRole('button', { name: 'Sign out' }).click();
    await eve.getByRole('button', { name: 'Accept and sign in' }).click();
    await heading(eve, 'Home');
    await eve.context().close();
  });

  it('has a person with an account sign in in another tab, and accepts then', async () => {
    dashboard.expectProblem(/status of 401/);
    const { pool } = dashboard.gateway.database;
    await pool.query(
      `insert into people (id, email, name, email_verified_at) values ('per_fay', 'fay@agency.example', 'Fay', now())`,
    );
    const { token } = await invite('fay@agency.example');
    const page = await openLink(token);
    await page.getByRole('button', { name: 'Accept and sign in' }).click();
    await page.getByRole('alert').getByText('Sign in, then open the invitation again').waitFor();
    const tab = await page.context().newPage();
    await tab.goto(
      `${dashboard.url}/auth/link#${await makeLink(pool as never, { purpose: 'sign-in', personId: 'per_fay' })}`,
    );
    expect(await tab.getByLabel('E-mail').inputValue()).toBe('fay@agency.example');
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.waitForURL(/\/app/);
    await page.getByRole('button', { name: 'Accept and sign in' }).click();
    await heading(page, 'Home');
    await page.context().close();
  });

  it('says what became of a link that does nothing, and the next step', async () => {
    const { pool } = dashboard.gateway.database;
    const withdrawn = await invite('gil@agency.example');
    await dashboard.owner.send('DELETE', `/v1/invitations/${withdrawn.id}`);
    const replaced = await invite('hal@agency.example');
    const expired = await invite('hal@agency.example');
    const says = async (token: string, title: string, next: string | RegExp): Promise<void> => {
      const page = await openLink(token);
      await heading(page, title);
      await page.getByText(next).waitFor();
      expect(await page.getByRole('button').count()).toBe(0);
      await page.context().close();
    };
    await says(withdrawn.token, 'This invitation was withdrawn', 'Ask the person who invited you.');
    await says(replaced.token, 'A newer invitation was sent', 'Open the newest one.');
    await pool.query(`update sign_in_links set expires_at = now() - interval '1 minute' where used_at is null`);
    await pool.query(`update invitations set expires_at = now() - interval '1 minute' where accepted_at is null`);
    await says(expired.token, 'This invitation has expired', 'Ask ada (ada@agency.example) for a new one.');
    await says('x'.repeat(43), 'Unknown link', 'copy it whole');
    const used = await makeLink(pool as never, { purpose: 'reset', email: 'bob@agency.example' });
    await pool.query(`update sign_in_links set used_at = now() where purpose = 'reset'`);
    await says(used, 'This link was used', 'Forgot your password?');
  });

  it('opens the link that is pasted over the address of an open one', async () => {
    const [first, second] = [await invite('ian@agency.example'), await invite('joy@agency.example', 'viewer')];
    const page = await openLink(first.token);
    await heading(page, 'ada invites you to Acme Agency as a member');
    // As the address bar does it.
    await page.evaluate(`location.hash = '${second.token}'`);
    await heading(page, 'ada invites you to Acme Agency as a viewer');
    expect(await page.getByLabel('E-mail').inputValue()).toBe('joy@agency.example');
    expect(page.url()).toBe(`${dashboard.url}/auth/link`);
    await page.context().close();
  });

  it('is used by a plain form where an earlier version of the gateway answers', async () => {
    dashboard.expectProblem(/status of 404/);
    const { token } = await invite('kim@agency.example');
    const page = await dashboard.open('/auth/link', { cookie: undefined });
    const error = { code: 'not_found', message: 'There is no such page.', type: 'invalid_request_error' };
    await page.route('**/auth/link/view', (route) => route.fulfill({ status: 404, json: { error } }));
    await page.evaluate(`location.hash = '${token}'`);
    await heading(page, 'Your link');
    await page.getByRole('button', { name: 'Continue' }).click();
    await heading(page, 'Home');
    await page.context().close();
  });

  it('goes on from a forgotten password to a new one', async () => {
    const { pool } = dashboard.gateway.database;
    const { rows } = await pool.query(`select id from people where email = 'bob@agency.example'`);
    const personId = (rows[0] as { id: string }).id;
    const page = await openLink(
      await makeLink(pool as never, { purpose: 'reset', personId, email: 'bob@agency.example', isMailed: true }),
    );
    await heading(page, 'Set a new password');
    expect(await page.getByLabel('E-mail').inputValue()).toBe('bob@agency.example');
    await page.getByRole('button', { name: 'Sign in and set a password' }).click();
    await page.getByLabel('New password').waitFor();
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds, in %s', async (theme) => {
    const { token } = await invite(`axe-${theme}@agency.example`);
    const before = (page: Page): Promise<void> => page.getByRole('button', { name: 'Accept and sign in' }).waitFor();
    const options = { cookie: undefined, width: 390, theme, before };
    expect(await dashboard.faultsByAxe(`/auth/link#${token}`, options)).toEqual([]);
  });
});
