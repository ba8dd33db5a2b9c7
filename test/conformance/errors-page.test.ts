import { readFileSync } from 'node:fs';
import { errorCatalogue } from '@ai-gateway/shared/errors';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

it('docs/errors.md lists every code of the catalogue once, with its status and whether clients retry', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, code = '', status, when = '', todo = '', retried] = line.split('|').map((cell) => cell.trim());
      expect([code, when.length > 10, todo.length > 10]).toEqual([code, true, true]);
      return [code.replaceAll('`', ''), Number(status), retried];
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
