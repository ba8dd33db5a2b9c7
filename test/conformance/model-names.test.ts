import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { vendors } from '@ai-gateway/shared/provider-kinds';
import { expect, it } from 'vitest';
import { isConfirmed, type Retirement, retirementOf } from '../../gateway/src/models/retirements.ts';

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
const names =
  /\b(?:gpt-|chatgpt-|claude-|gemini-|codex-|(?:open-)?(?:mi[sx]tral|ministral|magistral|codestral|pixtral|devstral)-|o[1-9](?=[-`'"\s]))[\w.-]*\w|\bo[1-9]\b/g;
/** Tests, and the programs beside them. */
const tests = ['test/**/*.{ts,py,go,rs,java}', '{gateway,shared}/src/**/*.test.ts'];

/** Tests that no day changes, though they name models whose retirement is announced. */
const timeless: Readonly<Record<string, RegExp>> = {
  'retirement is their subject, on days that they choose': /^gateway\/src\/models\/|^test\/conformance\/model-names/,
  'their calls have a day of their own': /^gateway\/src\/routing\/(route|auto)\.test\.ts$/,
  'they translate for a model, served or not': /^gateway\/src\/(providers|dialects)\/|^gateway\/src\/calls\/relay-/,
  'they compare translations, and play vendors':
    /^test\/conformance\/(adapters|gemini|one-conversation)\.|^test\/support\/(fakes\/|spoken-)/,
  'they keep a name and look nothing up':
    /^gateway\/src\/(cache\/cache-key|usage\/call-columns)\.|^shared\/src\/steps\//,
};

/**
 * The public face has them in its examples, so that some 150 files of tests name them. Those tests do not depend on whether the day
 * has come: they ran as of days before and after it.
 */
const onBothSides = /^gpt-4o(-mini)?(-\d{4}-\d\d-\d\d)?$/;

interface Mention {
  file: string;
  where: string;
  name: string;
  retirement: Retirement;
}

function mentions(patterns: readonly string[]): Mention[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: isForeign }));
  return files
    .filter((file) => statSync(join(root, file)).isFile())
    .flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      return lines.flatMap((line, i) =>
        // Where retirement itself is explained, an example has to be retired.
        /retired/i.test(line)
          ? []
          : [...line.matchAll(names)].flatMap(([name]) => {
              const retirement = vendors.map((vendor) => retirementOf(vendor, name)).find((row) => row !== undefined);
              return retirement === undefined ? [] : [{ file, where: `${file}:${i + 1}`, name, retirement }];
            }),
      );
    });
}

function isForeign(path: string): boolean {
  return /node_modules|(^|\/)dist$|(^|\/)target$/.test(path);
}

const reported = ({ where, name, retirement }: Mention): string =>
  `${where} names ${name}, retired on ${retirement.on}`;

// Up to the day on which the table was read: a model answers until its vendor is known to refuse it.
it('no page, sample, form or template names a retired model', () => {
  const copied = mentions(places).filter(({ file }) => !file.endsWith('.test.ts'));
  expect(copied.filter(({ retirement }) => isConfirmed(retirement)).map(reported)).toEqual([]);
});

// A test that names such a model is green today and red on a day announced long before.
it('no test depends on the day on which a vendor will retire a model', () => {
  const named = mentions(tests).filter(
    ({ file, name, retirement }) =>
      !isConfirmed(retirement) &&
      !onBothSides.test(name) &&
      !Object.values(timeless).some((pattern) => pattern.test(file)),
  );
  const whatToDo = 'Name a model that has no row in <vendor>-retirements.ts, the first of its class for instance.';
  expect(named.map(reported), whatToDo).toEqual([]);
});

it('each reason for a timeless test is one of a file that names such a model', () => {
  const announced = mentions(tests).filter(({ retirement }) => !isConfirmed(retirement));
  for (const [reason, pattern] of Object.entries(timeless))
    expect(
      announced.some(({ file }) => pattern.test(file)),
      reason,
    ).toBe(true);
});

it('the search for names finds its files and names', () => {
  for (const pattern of [...places, ...tests].filter((one) => !one.startsWith('examples')))
    expect(globSync(pattern, { cwd: root }), pattern).not.toEqual([]);
  const found = [
    ..."`gpt-4o-mini`, 'claude-3-5-sonnet-20241022', gemini-1.5-pro. o1, o3-mini, open-mixtral-8x7b".matchAll(names),
  ];
  expect(found.map(([name]) => name)).toEqual([
    'gpt-4o-mini',
    'claude-3-5-sonnet-20241022',
    'gemini-1.5-pro',
    'o1',
    'o3-mini',
    'open-mixtral-8x7b',
  ]);
});
