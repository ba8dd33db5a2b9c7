import { contract } from '@ai-gateway/shared/contract';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findChromium } from '../platforms/n8n/screenshots.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const program = findChromium();
if (program === undefined) console.log('the page /docs in a browser: not run. Chromium is not installed.');

let gateway: TestGateway;
let browser: Browser;
beforeAll(async () => {
  if (program === undefined) return;
  gateway = await startTestGateway();
  browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

it.runIf(program !== undefined)(
  'the page /docs introduces the API, finds an operation by a word of its description, and has a dark mode that stays',
  async () => {
    const page = await browser.newPage({ colorScheme: 'light' });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(`${gateway.url}/docs`);
    await page.getByRole('heading', { name: 'The API of this gateway' }).waitFor();
    expect(await page.locator('#first-call').textContent()).toContain(`${gateway.url}/v1/chat/completions`);

    const operations = page.locator('.opblock');
    await expect.poll(() => page.locator('.opblock-tag').count(), { timeout: 60_000 }).toBeGreaterThan(20);
    await page.locator('.opblock-tag', { hasText: 'Budgets' }).first().click();
    await expect.poll(() => operations.count(), { timeout: 30_000 }).toBeGreaterThan(5);
    await page.getByPlaceholder('Search by path, name or description').fill('/v1/budgets/{id}/raise');
    await expect.poll(() => operations.count(), { timeout: 30_000 }).toBeLessThan(5);
    expect(await operations.count()).toBeGreaterThan(0);
    // Its group was never opened: a search opens the groups that hold a hit.
    await page.getByPlaceholder('Search by path, name or description').fill('/v1/prompts');
    await expect.poll(() => operations.count(), { timeout: 30_000 }).toBeGreaterThan(5);

    // Of many open groups only the rows on the screen are drawn: scrolling reaches every one.
    await page.getByPlaceholder('Search by path, name or description').fill('');
    await expect.poll(() => page.locator('.opblock-tag').count(), { timeout: 30_000 }).toBeGreaterThan(20);
    await page.evaluate(
      `document.querySelectorAll('.opblock-tag[data-is-open=false]').forEach((group) => group.click())`,
    );
    const seen = new Set<string>();
    const idsInSight = `[...document.querySelectorAll('.opblock')].map((one) => one.id)`;
    // The page scrolls on only once a frame brings no new row, and begins again at the bottom: a slow machine draws late.
    const scrollOn = `scrollY + innerHeight >= document.documentElement.scrollHeight - 1 ? scrollTo(0, 0) : scrollBy(0, innerHeight / 2)`;
    const frame = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(${idsInSight}))))`;
    await expect
      .poll(
        async () => {
          const before = seen.size;
          for (const id of await page.evaluate<string[]>(frame)) seen.add(id);
          if (seen.size === before) await page.evaluate(scrollOn);
          return seen.size;
        },
        { timeout: 120_000, interval: 50 },
      )
      .toBe(contract.length);

    const isDark = async () => (await page.locator('html').getAttribute('class'))?.includes('dark-mode') === true;
    expect(await isDark()).toBe(false);
    await page.getByRole('button', { name: 'Dark mode' }).click();
    expect(await isDark()).toBe(true);
    await page.reload();
    await page.getByRole('heading', { name: 'The API of this gateway' }).waitFor();
    await expect.poll(isDark, { timeout: 30_000 }).toBe(true);
    expect(faults).toEqual([]);
  },
  180_000,
);
