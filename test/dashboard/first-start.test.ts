import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** From the link that a first start prints to a password, and back in after being locked out. */

const email = 'ada@agency.example';
const password = 'three random words';

describe.skipIf(chromiumPath === undefined)(`the first start${leftOutWithoutChromium}`, { timeout: 60_000 }, () => {
  let dashboard: Dashboard;
  let page: Page;
  let printed: string;

  beforeAll(async () => {
    dashboard = await openDashboard({}, { isFirstStart: true });
    const { pathname, hash } = new URL(dashboard.gateway.gateway.signInUrl ?? '');
    printed = `${pathname}${hash}`;
    page = await dashboard.open(printed);
  });
  afterAll(() => dashboard.stop());

  const home = (): Promise<void> => page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  const signIn = async (typed: string): Promise<void> => {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(typed);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const setPassword = async (next: string): Promise<void> => {
    await page.goto('/app/settings/security');
    await page.getByLabel('New password').fill(next);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The password is changed.').waitFor();
  };
  const signOut = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  };

  it('signs the first person in by the printed link, whose token leaves the address bar', async () => {
    await page.getByRole('heading', { level: 1, name: 'Sign in to AI Gateway' }).waitFor();
    expect(page.url()).toBe(`${dashboard.url}/auth/link`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await home();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Operator' }).waitFor();
  });

  it('lets the person set a password, sign out and sign in with it', async () => {
    await setPassword(password);
    await signOut();
    await page.goto('/app/budgets');
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await signIn(password);
    await page.getByRole('heading', { level: 1, name: 'Budgets' }).waitFor();
  });

  it('refuses a wrong password in plain words, then asks for patience, and says how to get back in', async () => {
    dashboard.expectProblem(/status of (401|429)/);
    await signOut();
    await signIn('wrong wrong wrong');
    await page.getByRole('alert').getByText('password').waitFor();
    for (let tries = 0; tries < 12; tries++) {
      const answered = page.waitForResponse(/\/auth\/sign-in$/);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      if ((await answered).status() === 429) break;
    }
    await page
      .getByRole('alert')
      .getByText(/Try again in|Wait/)
      .waitFor();
    await page.getByText('npm run gateway sign-in-link').waitFor();
  });

  it('lets in who is locked out, by the link that the command prints, to set another password', async () => {
    const { code, out } = await runCommand(['sign-in-link', email], {
      env: {
        DATABASE_URL: dashboard.gateway.database.url,
        PUBLIC_URL: dashboard.url,
        GATEWAY_SECRET: dashboard.gateway.gateway.services.secret,
      },
    });
    expect(code).toBe(0);
    const { pathname, hash } = new URL(out.trim());
    await page.goto(`${pathname}${hash}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await home();
    await setPassword('other random words');
    await signOut();
    await signIn('other random words');
    await home();
  });

  it('does nothing with a printed link that was used, and says what to do', async () => {
    const other = await dashboard.open(printed, { cookie: undefined });
    await other.getByRole('heading', { level: 1, name: 'This link was used' }).waitFor();
    await other.getByText('the operator prints a new link').waitFor();
    await other.getByRole('link', { name: 'Sign in' }).click();
    await other.getByLabel('Password').waitFor();
    await other.context().close();
  });
});
