import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { findChromium } from '../platforms/n8n/screenshots.ts';
import { browser as browserWithout, firstPerson, type Person } from './person.ts';
import { startTestGateway, type TestGateway } from './start-gateway.ts';

/** The dashboard of a real gateway in a real Chromium, with somebody signed in. */
export interface Dashboard {
  gateway: TestGateway;
  /** The owner of the first workspace, who is signed in; makes requests without a page. */
  owner: Person;
  /** As people open it: `http://localhost:PORT`. */
  url: string;
  /** Opens a path of the dashboard in a page of its own. */
  open(path: string, options?: PageOptions): Promise<Page>;
  /** Serious and critical faults that axe finds on a path, one line each. */
  faultsByAxe(path: string, options?: PageOptions & AxeOptions): Promise<string[]>;
  /** Reports of the content policy, errors in the console and requests to other hosts so far, in all pages. */
  problems(): string[];
  /** Leaves out problems that a test brings about itself: `/status of 409/`. */
  expectProblem(pattern: RegExp): void;
  /** Ends everything. Throws where there was a problem. */
  stop(): Promise<void>;
}

interface PageOptions {
  width?: number;
  theme?: 'light' | 'dark';
  /** Of the browser; the machine's unless said. */
  timezone?: string;
  /** The cookie of another person; `undefined`: nobody is signed in. */
  cookie?: string | undefined;
}

interface AxeOptions {
  before?: (page: Page) => Promise<void>;
  /** The same page, drawn in the other theme, as well. */
  bothThemes?: boolean;
}

export const chromiumPath = findChromium();

/** Ends of test names where there is no Chromium: the tests are left out there, and say so. */
export const leftOutWithoutChromium = chromiumPath === undefined ? ' (left out: there is no Chromium here)' : '';

/** Starts a gateway and a browser. Each test file has its own. */
export async function openDashboard(
  env: Record<string, string> = {},
  /** The printed link is left for the test to open: the owner has no cookie. */
  { isFirstStart = false } = {},
): Promise<Dashboard> {
  if (chromiumPath === undefined) throw new Error('no Chromium is installed: set CHROMIUM_PATH');
  await buildDashboard();
  const [gateway, browser] = await Promise.all([
    startTestGateway(env),
    chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] }),
  ]);
  const url = `http://localhost:${new URL(gateway.url).port}`;
  const owner = isFirstStart ? browserWithout(gateway) : await firstPerson(gateway);
  const problems: string[] = [];
  const expected: RegExp[] = [];
  const unexpected = (): string[] => problems.filter((one) => !expected.some((pattern) => pattern.test(one)));

  const openPage = async (path: string, options: PageOptions, bypassCSP = false): Promise<Page> => {
    const context = await newContext(browser, { url, options, bypassCSP, cookie: owner.cookie() || undefined });
    const page = await context.newPage();
    if (!bypassCSP) watch(page, { url, problems });
    await page.goto(path);
    return page;
  };
  // A page that has been on one path has what it loads for the next one; a new one would fetch and compile all of it again.
  const pagesForAxe = new Map<string, Page>();
  const pageForAxe = async (path: string, options: PageOptions): Promise<Page> => {
    const key = JSON.stringify([options, owner.cookie()]);
    const page = pagesForAxe.get(key);
    if (page === undefined) {
      const first = await openPage(path, options, true);
      pagesForAxe.set(key, first);
      return first;
    }
    await page.goto(path);
    return page;
  };
  return {
    gateway,
    owner,
    url,
    open: (path, options = {}) => openPage(path, options),
    faultsByAxe: async (path, { before, bothThemes = false, ...options } = {}) => {
      // What happens before may leave something in the browser, and so may a link that lets somebody in.
      const isAlone = before !== undefined || ('cookie' in options && options.cookie === undefined);
      const page = isAlone ? await openPage(path, options, true) : await pageForAxe(path, options);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await settled(page);
      await before?.(page);
      const faults = await runAxe(page);
      const { theme = 'light' } = options;
      if (bothThemes) {
        const other = theme === 'light' ? 'dark' : 'light';
        await page.emulateMedia({ colorScheme: other });
        await page.evaluate(still);
        faults.push(...(await runAxe(page)).map((fault) => `${other}: ${fault}`));
        await page.emulateMedia({ colorScheme: theme });
      }
      if (isAlone) await page.context().close();
      // Where it asks for nothing.
      else await page.goto('about:blank');
      return faults;
    },
    problems: unexpected,
    expectProblem: (pattern) => void expected.push(pattern),
    stop: async () => {
      await browser.close();
      await gateway.stop();
      const left = unexpected();
      if (left.length > 0) throw new Error(`The pages reported problems:\n${left.join('\n')}`);
    },
  };
}

/** Until nothing on the page says that it loads. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  // Without a function in the page: asking one again and again needs `eval`, which the policy of the pages refuses.
  const loading = page.getByRole('status').filter({ hasText: /^Loading$/ });
  await loading.first().waitFor({ state: 'detached' });
}

async function newContext(
  browser: Browser,
  given: { url: string; options: PageOptions; bypassCSP: boolean; cookie: string | undefined },
): Promise<BrowserContext> {
  const { url, options, bypassCSP } = given;
  const { width = 1440, theme = 'light', timezone } = options;
  const context = await browser.newContext({
    baseURL: url,
    bypassCSP,
    colorScheme: theme,
    viewport: { width, height: width < 800 ? 844 : 900 },
    hasTouch: width < 800,
    reducedMotion: 'reduce',
    ...(timezone !== undefined && { timezoneId: timezone }),
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(20_000);
  const cookie = 'cookie' in options ? options.cookie : given.cookie;
  if (cookie !== undefined) {
    const [name = '', value = ''] = cookie.split('=');
    await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Lax' }]);
  }
  return context;
}

/** Chromium writes refusals of the content policy to the console, as errors. */
function watch(page: Page, { url, problems }: { url: string; problems: string[] }): void {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:'))
      problems.push(`a request to another host: ${request.url()}`);
  });
}

/** Until no colour is on its way: each passes from an element to those within it frame by frame, in however short a time. */
const still = `new Promise((done) => {
  let stillFor = 0;
  const look = (left) => {
    stillFor = document.getAnimations().length === 0 ? stillFor + 1 : 0;
    if (stillFor === 3 || left === 0) done();
    else requestAnimationFrame(() => look(left - 1));
  };
  requestAnimationFrame(() => look(120));
})`;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical faults that axe finds on the page, one line each. */
export async function runAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => id + ': ' + help + ' at ' + nodes.map(({ target }) => target.join(' ')).slice(0, 5).join(', ')))`,
  );
}
