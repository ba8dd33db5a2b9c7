import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contract } from '@ai-gateway/shared/contract';
import { describe, expect, it } from 'vitest';
import { llmsText } from '../../docs/site/llms-text.ts';
import { weighed } from '../../docs/site/rank-pages.ts';
import { readPages } from '../../docs/site/read-pages.ts';
import { costs } from '../../docs/site/scripts/costs.js';
import { referencePages } from '../../docs/site/write-reference.ts';
import { root } from '../support/run-tool.ts';

const written = readPages();
const reference = referencePages();
const pages = [...written, ...reference];

describe('the documentation site', () => {
  it('has a page for each document, under a name of its own', () => {
    const documents = globSync('docs/**/*.md', { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] });
    const paths = pages.map(({ path }) => path);
    // The guide of the site itself is no page of it; the README and the changelog are.
    expect(written.length).toBe(documents.length - 1 + 2);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toEqual(expect.arrayContaining(['index', 'changelog', 'sso', 'make', 'errors/budget_exceeded']));
    expect(pages.filter(({ title, description }) => title === '' || description === '')).toEqual([]);
  });

  it('names an error by its status and its code, letter by letter, and leaves no mark of Markdown in a title', () => {
    const titles = new Map(pages.map(({ path, title }) => [path, title]));
    expect(titles.get('errors/budget_exceeded')).toBe('Error 402: budget_exceeded');
    expect([...titles.values()].filter((title) => /[`*]/.test(title))).toEqual([]);
  });

  it('has every page for users in its menu', () => {
    const config = readFileSync(join(root, 'docs/site/astro.config.js'), 'utf8');
    const shown = [...config.matchAll(/'([\w-]+)'/g)].map(([, name]) => name);
    const hidden = written.map(({ path }) => path).filter((path) => !path.includes('/') && !shown.includes(path));
    expect(hidden).toEqual([]);
  });

  it('links only pages and pictures that it has', () => {
    const known = new Set(pages.map(({ path }) => (path === 'index' ? '/' : `/${path}/`)));
    const broken = pages.flatMap(({ path, markdown }) =>
      [...markdown.matchAll(/\]\((\/[^)\s#]*)/g)]
        .map(([, target = '']) => target)
        .filter((target) =>
          target.startsWith('/pictures/')
            ? !existsSync(join(root, 'docs', target.slice('/pictures/'.length)))
            : !known.has(target),
        )
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('shows every operation of the API with a call in curl, JavaScript and Python', () => {
    const text = reference.map(({ markdown }) => markdown).join('\n');
    for (const { method, path } of contract) expect(text).toContain(`\`${method} ${path}\``);
    for (const language of ['sh', 'js', 'python'])
      expect(text.match(new RegExp(`^\`\`\`${language}$`, 'gm'))).toHaveLength(contract.length);
  });

  it('lists every page in llms.txt, in the form of llmstxt.org', () => {
    const list = llmsText(pages);
    expect(list).toMatch(/^# AI Gateway\n\n> .+\n\n## Documentation\n/);
    for (const { path } of pages) expect(list).toContain(`](/${path === 'index' ? '' : `${path}/`})`);
  });

  it('gives each number of the calculator a label of its own, and shows the example before any script runs', () => {
    const page = written.find(({ path }) => path === 'cost')?.markdown ?? '';
    const fields = [...page.matchAll(/<input id="(\w+)" name="(\w+)"/g)];
    expect(fields).toHaveLength(5);
    for (const [, id, name] of fields) {
      expect(id).toBe(name);
      expect(page).toContain(`<label for="${id}">`);
    }
    expect(page).toContain('<output id="cost-withPlan">$110.67</output>');
  });

  it('weighs the text and the headings of a page that is not a guide', () => {
    const page = '<main data-pagefind-body><h1 id="a">A</h1><header></header><h2>B</h2></main>';
    expect(weighed(page, 0.2)).toBe(
      '<main data-pagefind-body data-pagefind-weight="0.2"><h1 data-pagefind-weight="1.4" id="a">A</h1><header></header><h2 data-pagefind-weight="1.2">B</h2></main>',
    );
  });

  it('calculates the example of three million tokens and five clients', () => {
    const example = { millionTokens: 3, usdPerMillion: 2.5, clients: 5, hoursByHand: 10, usdPerHour: 100 };
    const result = costs(example);
    expect(result).toMatchObject({ provider: 7.5, byHand: 1007.5, minutes: 2.5 });
    expect(result.withPlan).toBeCloseTo(99 + 7.5 + (2.5 / 60) * 100, 9);
    // A million more is $35 more of the plan, and what the vendor asks.
    expect(costs({ ...example, millionTokens: 4 }).withPlan - result.withPlan).toBeCloseTo(35 + 2.5, 9);
  });

  it('names a date and a source for each claim about another product', () => {
    const comparisons = written.filter(({ path }) => path.startsWith('compare/'));
    expect(comparisons).toHaveLength(4);
    for (const { path, markdown } of comparisons) {
      expect([path, /Read on \d+ \p{L}+ 20\d\d/u.test(markdown)]).toEqual([path, true]);
      const rows = markdown.split('\n').filter((line) => line.startsWith('|') && !/^\|[\s|:-]+$/.test(line));
      const head = rows[0] ?? '';
      expect([path, /source\s*\|$/.test(head)]).toEqual([path, true]);
      const bare = rows.filter((row) => row.split('|').at(-2)?.trim() === '');
      expect([path, bare]).toEqual([path, []]);
      // Each source is a link that a reader can follow, with its date, or the source of the row above, or this repository.
      const sources = rows.slice(1).map((row) => row.split('|').at(-2)?.trim() ?? '');
      const vague = sources.filter(
        (source) => !/^(the same( pages)?|this repository)$/.test(source) && !/^.*\]\(https:.* 20\d\d$/.test(source),
      );
      expect([path, vague]).toEqual([path, []]);
    }
  });
});
