import { readFileSync } from 'node:fs';
import { docsUrl, type ErrorCode, errorCatalogue } from '@ai-gateway/shared/errors';
import { expect, it } from 'vitest';
import { errorPages } from '../../docs/site/write-error-pages.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

it('docs/errors.md lists every code of the catalogue once, with its status and whether clients retry', () => {
  const rows = page
    .split('\n')
    .filter((line) => /^\| \[?`/.test(line))
    .map((line) => {
      const [, code = '', status, when = '', todo = '', retried] = line.split('|').map((cell) => cell.trim());
      expect([code, when.length > 10, todo.length > 10]).toEqual([code, true, true]);
      return [/`(\w+)`/.exec(code)?.[1], Number(status), retried];
    });
  const catalogue = Object.entries(errorCatalogue).map(([code, { status, retry }]) => [
    code,
    status,
    retry ? 'yes' : 'no',
  ]);
  expect(rows.sort()).toEqual(catalogue.sort());
});

it('the README and docs/api.md lead to docs/errors.md', () => {
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain('(docs/errors.md)');
  expect(readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')).toContain('(errors.md)');
});

it('every code has a page that is current (npm run generate writes them), where `details.docs_url` leads', () => {
  const pages = errorPages();
  expect([...pages.keys()].sort()).toEqual(Object.keys(errorCatalogue).sort());
  for (const [code, text] of pages) {
    const path = docsUrl(code as ErrorCode).split('/blob/main/')[1] ?? '';
    expect([path, readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')]).toEqual([path, text]);
  }
});
