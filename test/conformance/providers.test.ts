import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerKinds } from '@ai-gateway/shared/provider-kinds';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

const kinds = providerKinds.join('|');
const comparison = new RegExp(
  `(?:[!=]==?|\\bcase)\\s*['"](?:${kinds})['"]|['"](?:${kinds})['"]\\s*[!=]==?|\\.(?:includes|has|indexOf)\\(['"](?:${kinds})['"]\\)`,
);
/** A dialect knows its own vendor's proofs, and the error shape of the contract bears a dialect's name. */
const meansDialect = /\bsignedBy\b|\berrorShape\b/;

function comparisonsIn(file: string): string[] {
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, at) =>
      comparison.test(line) && !meansDialect.test(line) ? [`${file}:${at + 1} ${line.trim()}`] : [],
    );
}

describe('a provider is said once', () => {
  it('is compared by name in no file outside of its folder', () => {
    const files = globSync('{gateway,shared}/src/**/*.ts', { cwd: root }).filter(
      (file) => !file.endsWith('.test.ts') && !/src\/providers\/[^/]+\//.test(file),
    );
    expect(files.length).toBeGreaterThan(200);
    expect(files.flatMap(comparisonsIn)).toEqual([]);
  });

  it('is found by the search in every form of a comparison', () => {
    for (const line of ["if (kind === 'openai')", "case 'gemini':", "'anthropic' !== kind", "names.includes('openai')"])
      expect([line, comparison.test(line)]).toEqual([line, true]);
  });
});
