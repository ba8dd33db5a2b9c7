import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { vendors } from '@ai-gateway/shared/provider-kinds';
import { expect, it } from 'vitest';
import { isRetired, type Retirement, retirementOf } from '../../gateway/src/models/retirements.ts';

const root = join(import.meta.dirname, '../..');

/** Texts that people read and copy: pages, samples of the contract, forms, examples and templates of the three apps. */
const places = [
  'README.md',
  'docs/**/*.md',
  'examples/**/*',
  'shared/src/**/*.ts',
  'gateway/src/greeting.ts',
  'gateway/src/config.ts',
  'integrations/*/README.md',
  'integrations/*/{src,nodes,templates,app}/**/*.{ts,json,md}',
];
const names = /\b(?:gpt-|chatgpt-|claude-|gemini-|codex-|o[1-9](?=[-`'"\s]))[\w.-]*\w|\bo[1-9]\b/g;
/** Time enough to change them, and to release. */
const warningDays = 30;

interface Mention {
  where: string;
  name: string;
  retirement: Retirement;
}

function mentions(): Mention[] {
  const files = places.flatMap((pattern) => globSync(pattern, { cwd: root }));
  return files
    .filter((file) => !/\.test\.ts$|node_modules|\/dist\//.test(file) && statSync(join(root, file)).isFile())
    .flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      return lines.flatMap((line, i) =>
        // Where retirement itself is explained, an example has to be retired.
        /retired/i.test(line)
          ? []
          : [...line.matchAll(names)].flatMap(([name]) => {
              const retirement = vendors.map((vendor) => retirementOf(vendor, name)).find((row) => row !== undefined);
              return retirement === undefined ? [] : [{ where: `${file}:${i + 1}`, name, retirement }];
            }),
      );
    });
}

// By the real clock, on purpose: what people copy has to work on the day they copy it.
it('no page, sample, form or template names a retired model', () => {
  const now = new Date();
  const soon = new Date(now.getTime() + warningDays * 86_400_000);
  const all = mentions();
  const reported = ({ where, name, retirement }: Mention): string =>
    `${where} names ${name}, retired on ${retirement.on}`;
  for (const one of all.filter(({ retirement }) => !isRetired(retirement, now) && isRetired(retirement, soon)))
    console.warn(`${reported(one)}: name one of \`classes\` in gateway/src/models/catalog.ts in its place.`);
  expect(all.filter(({ retirement }) => isRetired(retirement, now)).map(reported)).toEqual([]);
});

it('the search for names finds its files and names', () => {
  for (const pattern of places.filter((one) => !one.startsWith('examples')))
    expect(globSync(pattern, { cwd: root }), pattern).not.toEqual([]);
  const found = [..."`gpt-4o-mini`, 'claude-3-5-sonnet-20241022', gemini-1.5-pro. o1, o3-mini".matchAll(names)];
  expect(found.map(([name]) => name)).toEqual([
    'gpt-4o-mini',
    'claude-3-5-sonnet-20241022',
    'gemini-1.5-pro',
    'o1',
    'o3-mini',
  ]);
});
