import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vendors } from '@ai-gateway/shared/provider-kinds';
import { describe, expect, it, test } from 'vitest';
import { floors } from '../architecture/plan.ts';
import { readHouse, roomsOf } from '../architecture/read-house.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pagesOf = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: root, exclude: (path) => /(^|\/)(node_modules|dist)(\/|$)/.test(path) }).sort();
const docs = pagesOf('docs/**/*.md');
const pages = pagesOf(
  '*.md',
  '{.changeset,.github,deploy,docs,examples,gateway/package}/**/*.md',
  'integrations/{,*/}*.md',
  'gateway/src/*/README.md',
);

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}
const anchorsOf = (path: string): string[] =>
  [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

describe('the pages', () => {
  it.each(pages)('%s links only files and headings that are there', (page) => {
    const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it.each(pages)('%s has a sentence a line', (page) => {
    const text = read(page).replaceAll(/^```.*?^```$/gms, '');
    const two = text
      .split('\n')
      .filter((line) => !/^(\s*[|#>]| {4})/.test(line))
      // Code, links and asides may have full stops of their own; a bold lead-in stays with its sentence, but for a numbered step.
      .map((line) => line.replaceAll(/\([^()]*\)|“[^”]*”|"[^"]*"|^(\s*[-*] )?\*\*(?!\d)[^*]+\*\*/g, ''))
      .map((line) => line.replaceAll(/`[^`]*`/g, '`'))
      .filter((line) => /[\p{Ll})`][.!?]\*{0,2} +(\p{Lu}\p{Ll}|`)/u.test(line));
    expect(two).toEqual([]);
  });

  it('are all linked from the README or one of its lists', () => {
    const linked = new Set(
      ['README.md', 'docs/decisions/README.md', 'docs/errors.md', 'docs/site/README.md'].flatMap((page) =>
        [...read(page).matchAll(/\]\(([^)\s#]+)\)/g)].map(([, link = '']) => join(dirname(page), link)),
      ),
    );
    expect(docs.filter((page) => !linked.has(page))).toEqual([]);
  });

  it.each(docs.filter((page) => /architecture|decisions/.test(page)))(
    '%s names only source files that are there',
    (page) => {
      const named = [...read(page).matchAll(/`((?:gateway|shared|test|integrations)\/[\w./-]+)`/g)].map(
        ([, path = '']) => path,
      );
      expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    },
  );
});

test('the picture of the house has every room: npm run draw:house -- --to docs/architecture/house-after.svg', () => {
  const drawn = [...read('docs/architecture/house-after.svg').matchAll(/>([\w-]+)<\/text>/g)].map(
    ([, name = '']) => name,
  );
  expect(drawn.filter((name) => floors.has(name)).sort()).toEqual(roomsOf(readHouse(root)));
});

describe('docs/configuration.md', () => {
  const schema = /const environment = z\.object\(\{\n(.*?)\n\}\);/s.exec(read('gateway/src/config.ts'))?.[1] ?? '';
  const variables = schema.split(/^ {2}(?=[A-Z])/m).flatMap((text) => {
    const name = /^([A-Z][A-Z_]+):/.exec(text)?.[1];
    const fallback = /\.default\((?:'([^']*)'|([\w.]+))\)/.exec(text);
    return name === undefined ? [] : [{ name, fallback: fallback?.[1] ?? fallback?.[2]?.replaceAll('_', '') }];
  });
  const rows = [...read('docs/configuration.md').matchAll(/^\| (`[^|]+?) +\| ([^|]+?) +\| (.+) \|$/gm)];
  const bySystemd = ['NOTIFY_SOCKET', 'WATCHDOG_USEC'];

  it('names every variable of the configuration', () => {
    const named = rows.map(([row]) => row).join('\n');
    const ofVendors = vendors.map((vendor) => ({ name: `${vendor.toUpperCase()}_API_KEY` }));
    const missing = [...variables, ...ofVendors].filter(
      ({ name }) => !bySystemd.includes(name) && !named.includes(`\`${name}\``),
    );
    expect(variables.length).toBeGreaterThan(25);
    expect(missing).toEqual([]);
  });

  it('gives the default of every variable that has one', () => {
    const wrong = variables.filter(({ name, fallback }) => {
      // The vendors' addresses are "the vendors'" there; OpenTelemetry's own are in docs/observe.md.
      if (fallback === undefined || fallback.startsWith('https:') || name.startsWith('OTEL_')) return false;
      const row = rows.find(([, names = '']) => names.includes(`\`${name}\``));
      return !row?.[2]?.includes(`\`${fallback}\``);
    });
    expect(wrong).toEqual([]);
  });
});
