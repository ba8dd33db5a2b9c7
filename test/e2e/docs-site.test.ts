import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, runAxe } from '../support/open-dashboard.ts';
import { clientsWanted, root } from '../support/run-tool.ts';

/** The documentation site as `npm run docs` builds it, in a real browser. */

const site = join(root, 'docs/site/dist/site');
const isInstalled = existsSync(join(root, 'docs/site/node_modules/astro'));
const missing =
  chromiumPath === undefined
    ? 'there is no Chromium here'
    : isInstalled || clientsWanted
      ? undefined
      : 'it installs Astro for a minute; CI=true, CLIENTS=1 or one `npm run docs` asks for it';
const leftOut = missing === undefined ? '' : ` (left out: ${missing})`;

/** Words that people type, and a page that has to be among the first two. */
const searches: readonly (readonly [words: string, page: string])[] = [
  ['budget exceeded', '/errors/budget_exceeded/'],
  ['429', '/errors/rate_limited/'],
  ['402', '/errors/budget_exceeded/'],
  ['make module', '/make/'],
  ['zapier', '/zapier/'],
  ['invoice', '/billing/'],
  ['loop', '/budgets/'],
  ['sso okta', '/sso/'],
  ['streaming', '/api/'],
  ['backup', '/backup/'],
  ['pricing', '/cost/'],
  ['rotate key', '/api/'],
  ['rate limit', '/errors/rate_limited/'],
  ['webhook', '/webhooks/'],
  ['docker', '/deploy/'],
  ['portal', '/portal/'],
  ['create budget', '/reference/budgets/'],
];

const firstTwo = `[...document.querySelectorAll('.pagefind-ui__result')].slice(0, 2)
  .map((one) => one.querySelector('.pagefind-ui__result-link')?.getAttribute('href') ?? null)`;

/** One of each kind: written, written off the contract, off the catalogue of errors, with a form, with wide tables and code. */
const kinds = [
  ...['/', '/make/', '/sso/', '/api/', '/compatibility/', '/reference/budgets/', '/errors/', '/errors/rate_limited/'],
  ...['/compare/portkey/', '/compare/direct/', '/cost/', '/changelog/', '/decisions/overview/', '/architecture/map/'],
  '/404.html',
];

describe.skipIf(missing !== undefined)(`the built documentation site${leftOut}`, { timeout: 180_000 }, () => {
  let server: Server;
  let browser: Browser;
  let url: string;
  const problems: string[] = [];

  beforeAll(async () => {
    // Without Vitest's own `DEV` and `MODE`, by which Astro would leave the search out. npm needs the certificates of a proxy, and its settings.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(DEV|PROD|SSR|MODE|BASE_URL|TEST|VITEST.*|NODE_ENV)$/.test(name),
      ),
    );
    execFileSync(process.execPath, [join(root, 'docs/site/build.ts')], { stdio: 'pipe', env });
    server = createServer(({ url: asked = '/' }, response) => {
      const file = fileOf(decodeURIComponent(asked.split('?')[0] ?? '/'));
      if (file === undefined) response.writeHead(404).end();
      else
        response
          .writeHead(200, { 'content-type': mediaTypes[extname(file)] ?? 'application/octet-stream' })
          .end(readFileSync(file));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function open(path: string, theme: 'light' | 'dark' = 'light', width = 1280): Promise<Page> {
    const page = await browser.newPage({ baseURL: url, colorScheme: theme, viewport: { width, height: 844 } });
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:')) problems.push(request.url());
    });
    await page.goto(path);
    return page;
  }

  it('finds what people type: a guide or the error before the reference', async () => {
    const page = await open('/');
    await page.locator('button[data-open-modal]').click();
    const field = page.locator('.pagefind-ui__search-input');
    const found: [string, boolean][] = [];
    for (const [words, expected] of searches) {
      await field.fill(words);
      await page.locator('.pagefind-ui__message', { hasText: new RegExp(` results? for ${words}$`) }).waitFor();
      const results = page.locator('.pagefind-ui__result');
      // Each result loads by itself.
      await results.nth(1).locator('.pagefind-ui__result-link').first().waitFor();
      const links = await page.evaluate<(string | null)[]>(firstTwo);
      found.push([words, links.includes(expected)]);
    }
    expect(found.filter(([, isFirst]) => !isFirst)).toEqual([]);
    await page.close();
  });

  it('leads every link inside to a page and to a heading that are there', () => {
    const files = globSync('**/*.html', { cwd: site });
    const pages = new Map(files.map((file) => [`/${file.replace(/index\.html$/, '')}`, read(file)]));
    const ids = new Map([...pages].map(([path, html]) => [path, matches(html, /\bid="([^"]+)"/g)]));
    const broken = [...pages].flatMap(([path, html]) =>
      [...matches(html, /href="((?:\/|#)[^"]*)"/g)]
        .filter((link) => {
          const [target = '', anchor] = decodeURIComponent(link).split('#');
          const to = target === '' ? path : target;
          return !(pages.has(to) || fileOf(to) !== undefined) || (anchor !== undefined && !ids.get(to)?.has(anchor));
        })
        .map((link) => `${path}: ${link}`),
    );
    expect(pages.size).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'has no serious fault that axe finds, and runs off no side: %s, %d pixels',
    { timeout: 300_000 },
    async (theme, width) => {
      const page = await open('/', theme, width);
      for (const path of kinds) {
        await page.goto(path);
        expect([path, await page.locator('html').getAttribute('data-theme')]).toEqual([path, theme]);
        expect([path, await page.evaluate('document.documentElement.scrollWidth > innerWidth')]).toEqual([path, false]);
        expect([path, await runAxe(page)]).toEqual([path, []]);
      }
      await page.close();
    },
  );

  it('calculates with the numbers that a person types', async () => {
    const page = await open('/cost/');
    const plan = page.locator('#cost-withPlan');
    expect(await plan.textContent()).toBe('$110.67');
    await page.getByLabel('Million tokens', { exact: true }).fill('4');
    expect(await plan.textContent()).toBe('$148.17');
    expect(await page.locator('#cost-minutes').textContent()).toBe('2.5 minutes');
    await page.close();
  });

  it('reports no error and asks no other host on all of these pages', () => {
    expect(problems).toEqual([]);
  });
});

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
};

function fileOf(path: string): string | undefined {
  const at = join(site, path);
  const file = existsSync(at) && statSync(at).isDirectory() ? join(at, 'index.html') : at;
  return existsSync(file) ? file : undefined;
}

function read(file: string): string {
  return readFileSync(join(site, file), 'utf8');
}

function matches(html: string, pattern: RegExp): Set<string> {
  return new Set(
    [...html.matchAll(pattern)].map(([, text = '']) => text.replaceAll('&#38;', '&').replaceAll('&amp;', '&')),
  );
}
