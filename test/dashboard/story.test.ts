import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { chat, hello } from '../support/ask.ts';
import { awayFromMidnight } from '../support/away-from-midnight.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { chromiumPath, leftOutWithoutChromium } from '../support/open-dashboard.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { gatewayEnv } from '../support/start-gateway.ts';

describe.skipIf(chromiumPath === undefined)(
  `an agency’s first day${leftOutWithoutChromium}`,
  { timeout: 120_000 },
  () => {
    let fakes: Fakes;
    let database: TestDatabase;
    let receiver: Receiver;
    let gateway: GatewayProcess;
    let browser: Browser;
    const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-story-'));
    const problems: string[] = [];

    beforeAll(awayFromMidnight, 240_000);
    beforeAll(async () => {
      await buildDashboard();
      [fakes, database, receiver] = await Promise.all([startFakes(), createTestDatabase(), startReceiver()]);
      const {
        GATEWAY_BOOTSTRAP_KEY: _live,
        GATEWAY_BOOTSTRAP_TEST_KEY: _test,
        ...env
      } = gatewayEnv(fakes, database.url, dataDir);
      [gateway, browser] = await Promise.all([
        spawnGateway({ ...env, ALLOW_PRIVATE_NETWORK: 'true' }),
        chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] }),
      ]);
    });
    afterAll(async () => {
      await browser?.close();
      await gateway?.kill('SIGTERM');
      await receiver?.stop();
      await fakes?.stop();
      await database?.drop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    /** A browser of its own, as of another person. */
    async function newPage(): Promise<Page> {
      const context: BrowserContext = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(`${message.text()} (${message.location().url})`);
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      return page;
    }

    it('goes from the printed link over a key, the first call, a cap, an alert, a raise and an invoice to the client’s portal', async () => {
      // The first start has printed a link.
      const [link = ''] = /http:\/\/localhost:\d+\/auth\/link#[\w-]{43}/.exec(gateway.output()) ?? [];
      const page = await newPage();
      await page.goto(link);
      await page.getByLabel('E-mail').fill('ada@agency.example');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();

      // A key, and the first call, seen arriving.
      const start = page.getByRole('region', { name: 'Get started' });
      await start.getByRole('button', { name: 'Create a key' }).click();
      const key = await start
        .locator('code')
        .filter({ hasText: /^gw_live_/ })
        .textContent();
      const call = async (outputTokens: number): Promise<number> => {
        fakes.openai.reply({ text: 'A newsletter.', usage: { input: 1_000, output: outputTokens } });
        const answer = await fetch(`${gateway.url}${chat}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'x-client-id': 'acme',
            'x-scenario-id': 'newsletter',
            'x-scenario-platform': 'make',
          },
          body: JSON.stringify(hello({ max_tokens: 1_000 })),
        });
        await answer.arrayBuffer();
        return answer.status;
      };
      expect(await call(100)).toBe(200);
      const step = (name: string) => start.getByRole('listitem').filter({ hasText: name }).getByText('Done');
      await step('See your first call arrive').waitFor();

      // A cap, and a place for alerts.
      await start.getByRole('button', { name: '$5 a day for each scenario' }).click();
      await step('Set your first budget').waitFor();
      await start.getByRole('link', { name: 'Choose where alerts go' }).click();
      await page.getByRole('button', { name: 'Slack' }).click();
      await page.getByLabel('Webhook URL').fill(receiver.url);
      await page.getByRole('button', { name: 'Save and test' }).click();
      await page.getByText('a test alert has arrived').waitFor();

      // The scenario spends $4.10, and the alert comes; then it spends the rest, and is refused.
      expect(await call(410_000)).toBe(200);
      const [, alert] = await receiver.waitFor(2, 20_000);
      expect(JSON.parse(alert?.body ?? '{}')).toMatchObject({
        type: 'budget.threshold_reached',
        data: { percent: 80 },
      });
      expect(await call(95_000)).toBe(200);
      expect(await call(100)).toBe(402);

      // Home says so, and a click lets it go on.
      await page.getByRole('link', { name: 'Home', exact: true }).click();
      await page
        .getByRole('region', { name: /^Needs you/ })
        .getByRole('button', { name: /^Raise .* by \$20$/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'Undo' }).waitFor();
      expect(await call(100)).toBe(200);

      // The client’s terms, its invoice, and its portal.
      await page.getByRole('link', { name: 'Clients', exact: true }).click();
      await page.getByRole('link', { name: 'acme', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'acme' }).waitFor();
      await page.getByRole('button', { name: 'Invoice', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Period').fill(new Date().toISOString().slice(0, 7));
      await dialog.getByRole('button', { name: 'Issue' }).click();
      await dialog.getByText(/\/invoices\//).waitFor();
      await dialog.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Share' }).click();
      const shared = await page
        .getByRole('dialog')
        .getByText(/\/portal#/)
        .textContent();

      const clients = await newPage();
      await clients.goto(/http\S+/.exec(shared ?? '')?.[0] ?? '');
      await clients.getByRole('heading', { level: 1, name: /acme/ }).waitFor();
      const invoices = clients.getByRole('region', { name: 'Invoices' });
      const file = clients.waitForEvent('download');
      await invoices.getByRole('link').first().click();
      expect((await file).suggestedFilename()).toMatch(/^invoice-.*\.pdf$/);
      // $4.10, $0.95 and a little: what the client owes, in the portal and on the invoice.
      for (const region of ['Usage', 'Invoices'])
        await clients
          .getByRole('region', { name: region })
          .getByText(/\$5\.0\d/)
          .first()
          .waitFor();
      expect(problems).toEqual([]);
    });
  },
);
