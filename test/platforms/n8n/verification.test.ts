import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { root } from './install-n8n.ts';

/*
 * Rules of n8n's linter that are newer than the version in its registry (0.32.0), which judges the package in real-n8n.test.ts.
 * https://github.com/n8n-io/n8n/tree/master/packages/%40n8n/eslint-plugin-community-nodes/docs/rules
 */

const folder = `${root}/integrations/n8n/`;
const read = (path: string): string => readFileSync(folder + path, 'utf8');

test('no-monorepo: the package names no folder of a repository', () => {
  expect(JSON.parse(read('package.json')).repository).toEqual({ type: 'git', url: expect.stringMatching(/\.git$/) });
});

/** `valid-node-categories`. */
const categories = new Set([
  ...['Data & Storage', 'Finance & Accounting', 'Marketing & Content', 'Productivity', 'Miscellaneous', 'Sales'],
  ...['Development', 'Analytics', 'Communication', 'Utility', 'AI'],
]);

describe.each(globSync('nodes/*/*.node.json', { cwd: folder }).sort())('%s', (path) => {
  const codex = JSON.parse(read(path)) as { categories: string[]; subcategories?: { AI?: string[] } };
  const node = read(path.replace(/\.json$/, '.ts'));

  test('valid-node-categories: is in categories that n8n knows', () => {
    expect(codex.categories.filter((category) => !categories.has(category))).toEqual([]);
  });

  // n8n's panel leaves an AI node out of its main search unless it is a root node, so an ordinary node would not be found.
  test('no-ai-codex-category: is an AI node only where it imports the SDK of AI nodes', () => {
    const ofSdk = /^import [^;]* from '@n8n\/ai-node-sdk';$/m.test(node);
    expect(codex.categories.includes('AI')).toBe(ofSdk);
    expect(codex.subcategories?.AI !== undefined).toBe(ofSdk);
  });
});
