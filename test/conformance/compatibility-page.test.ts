import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { notOffered } from '../../gateway/src/http/not-offered.ts';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const page = read('docs/compatibility.md');

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of the table whose head has these cells. */
function rowsBelow(...head: string[]): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => cellsOf(line).join() === head.join());
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
}

/** Each language's file of versions, and how it writes the version of a package. */
const manifests: Record<string, { files: string[]; line: (name: string, version: string) => string }> = {
  Node: {
    files: ['test/package.json', 'test/clients/coding-agents/package.json'],
    line: (name, version) => `"${name}": "${version}"`,
  },
  Python: {
    files: [
      'test/clients/python/packages.txt',
      'test/clients/python/llama-index.txt',
      'test/clients/python/openapi.txt',
    ],
    line: (name, version) => `\n${name}==${version} `,
  },
  Rust: { files: ['test/clients/rust/Cargo.toml'], line: (name, version) => `${name} = { version = "=${version}"` },
  Go: { files: ['test/clients/go/go.mod'], line: (name, version) => `${name} v${version}\n` },
  Java: {
    files: ['test/clients/java/pom.xml'],
    line: (name, version) => `<artifactId>${name}</artifactId>\n      <version>${version}</version>`,
  },
};

describe('docs/compatibility.md', () => {
  const clients = rowsBelow('client', 'version', 'language', 'tests');

  it.each(clients)(
    'names the version of %s that the tests install',
    (name = '', version = '', language = '', tests = '') => {
      const manifest = manifests[language];
      const pins = manifest?.files.map(read).join('');
      expect(pins).toContain(manifest?.line(/`(.*)`/.exec(name)?.[1] ?? '', version));
      const file = /\(\.\.\/(.*)\)/.exec(tests)?.[1] ?? '';
      expect([file, existsSync(at(file))]).toEqual([file, true]);
    },
  );

  it('lists everything that is not offered, with the replacement and the reason', () => {
    expect(rowsBelow('not offered', 'for example', 'instead', 'why')).toEqual(
      notOffered.map(({ name, examples, instead, why }) => [
        name,
        examples.map((example) => `\`${example}\``).join(', '),
        instead,
        why,
      ]),
    );
  });

  it('is linked from the README and from docs/api.md', () => {
    expect(read('README.md')).toContain('(docs/compatibility.md)');
    expect(read('docs/api.md')).toContain('(compatibility.md)');
  });
});
