import { globSync, readFileSync } from 'node:fs';
import { type ESTree, parseSync, Visitor } from 'vite';
import { describe, expect, it } from 'vitest';
import { root } from '../support/run-tool.ts';

/** Words that standard ones have replaced, as parts of names: docs/glossary.md. */
const replaced: Readonly<Record<string, string>> = {
  meter: 'budget balance',
  passage: 'permit',
  board: 'rate limiter, loop detector, circuit breaker',
  told: 'notified',
  heard: 'merged, received',
  news: 'deltas',
  dearest: 'max cost',
  resting: 'open',
  trial: 'half-open',
  era: 'epoch',
  world: 'mode',
  'lock number': 'fencing token',
  'over nanos': 'overdraft',
  'on over': 'overdraft',
  'posting nanos': 'unposted',
  'stand in': 'fallback',
  'post at once': 'fast path',
  'at length': 'with events',
};

/** Names of columns, in the files that read them, and words of the public interface stay. */
function isPublic(file: string, name: string): boolean {
  if (name.includes('_')) return true;
  if (name === 'meters' || name === 'meter' || name === 'told')
    return /-store\.ts$|take-in-unwritten-job\.ts$|ledger-thresholds\.test\.ts$|unwritten-calls\.test\.ts$/.test(file);
  // Stripe's own word.
  if (name === 'meterEvents') return file.endsWith('report-overage-job.ts');
  // A state on the status page.
  return name === 'resting' && file.endsWith('serve-status.ts');
}

const files = globSync(['gateway/src/**/*.ts', 'shared/src/**/*.ts', 'integrations/**/*.{ts,mjs}', 'test/**/*.ts'], {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist)(\/|$)/.test(path),
})
  // This file lists the words.
  .filter((file) => !file.endsWith('glossary.test.ts'))
  .sort();

/** Names that say how a thing is used, and not what it is. A type is named for its content. */
const vagueTypes = /(^|[a-z])(Place|Asked|Reading|Kept|Try|Told|Heard)$/;

/** `meterReader` and `METER_READER` read "meter reader". */
const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_\-#$/.]+/g, ' ')
    .toLowerCase();

function oldWordsOf(name: string): string[] {
  return Object.keys(replaced).filter((word) => new RegExp(`\\b${word}s?\\b`).test(wordsOf(name)));
}

/** The types that a file declares. */
function typesOf(file: string): string[] {
  const types: string[] = [];
  const { program } = parseSync(file, readFileSync(`${root}/${file}`, 'utf8'));
  new Visitor({
    TSInterfaceDeclaration: ({ id }) => types.push(id.name),
    TSTypeAliasDeclaration: ({ id }) => types.push(id.name),
    ClassDeclaration: ({ id }) => types.push(id?.name ?? ''),
  }).visit(program);
  return types;
}

/** Every name that a file declares or uses: variables, functions, types, members. Columns of SQL and texts are none. */
function namesOf(file: string): Set<string> {
  const names = new Set<string>();
  const { program } = parseSync(file, readFileSync(`${root}/${file}`, 'utf8'));
  new Visitor({
    Identifier: (node: ESTree.Node) => {
      if ('name' in node && typeof node.name === 'string') names.add(node.name);
    },
    PrivateIdentifier: (node: ESTree.Node) => {
      if ('name' in node && typeof node.name === 'string') names.add(node.name);
    },
  }).visit(program);
  return names;
}

// It reads every file: on a busy machine that takes longer than a test has by itself.
describe('the words of the glossary', { timeout: 120_000 }, () => {
  it('are in place of the words they replaced, in every name of the code and of its files', () => {
    const old = files.flatMap((file) =>
      [file, ...namesOf(file)].flatMap((name) =>
        (isPublic(file, name) ? [] : oldWordsOf(name)).map((word) => `${file}: ${name} (say: ${replaced[word]})`),
      ),
    );
    for (const folder of ['gateway/src/', 'shared/src/', 'integrations/', 'test/'])
      expect(files.filter((file) => file.startsWith(folder)).length).toBeGreaterThan(30);
    expect(old).toEqual([]);
  });

  it('name a type for its content', () => {
    const vague = files.flatMap((file) =>
      typesOf(file)
        .filter((name) => vagueTypes.test(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(vague).toEqual([]);
  });

  it('name a candidate of a route, and not a place', () => {
    const places = files
      .filter((file) => file.startsWith('gateway/src/routing/'))
      .flatMap((file) =>
        [...namesOf(file)]
          .filter((name) => /^_?places?$|(^|[^n])Place(s|Of)?$/.test(name))
          .map((name) => `${file}: ${name}`),
      );
    expect(places).toEqual([]);
  });

  it('are listed with the words they replaced', () => {
    const page = readFileSync(`${root}/docs/glossary.md`, 'utf8');
    expect(oldWordsOf('#meterReader')).toEqual(['meter']);
    expect(oldWordsOf('nextToldNanos')).toEqual(['told']);
    expect(oldWordsOf('parameter')).toEqual([]);
    for (const word of ['meter', 'passage', 'told', 'board', 'dearest', 'era', 'world']) expect(page).toContain(word);
  });
});
