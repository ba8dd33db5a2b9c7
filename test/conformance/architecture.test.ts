import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const shipped = [...sources('gateway/src'), ...sources('shared/src')].filter((file) => !file.endsWith('.test.ts'));

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'/gm)].map(([, type, to = '']) => ({
    from: file,
    to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to,
    typeOnly: type !== undefined,
  }));
}

const imports = shipped.flatMap(importsOf);

/** From the door down. Rooms of one floor may use each other's nouns. */
const floors: Record<string, number> = {
  cli: 9,
  main: 9,
  'start-gateway': 8,
  'start-workers': 8,
  'run-worker': 8,
  workers: 7,
  app: 7,
  jobs: 7,
  http: 6,
  doctor: 5,
  calls: 5,
  routing: 4,
  ledger: 4,
  models: 2,
  providers: 1.5,
  dialects: 1,
  db: 1,
  'http-pools': 1,
  turns: 1,
};

function roomOf(file: string): string {
  return /^gateway\/src\/([^/]+?)(?:\.ts|\/)/.exec(file)?.[1] ?? '';
}

/** Every room may know these: the types of the world, of the configuration, and of who asks. */
const types = new Set(['services', 'config']);

function floorOf(file: string): number {
  return floors[roomOf(file)] ?? 3;
}

describe('the house', () => {
  it('has no import that runs up', () => {
    const up = imports
      .filter(({ from, to }) => from.startsWith('gateway/') && to.startsWith('gateway/'))
      .filter(({ to, typeOnly }) => !(typeOnly && types.has(roomOf(to))))
      .filter(({ from, to }) => !types.has(roomOf(from)) && floorOf(to) > floorOf(from))

      .map(({ from, to }) => `${from} -> ${to}`);
    expect(up).toEqual([]);
  });

  it('has no circle of values', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): string[] => {
      if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')];
      if (done.has(file)) return [];
      const found = (edges.get(file) ?? []).flatMap((to) => walk(to, [...path, file]));
      done.add(file);
      return found;
    };
    expect([...edges.keys()].flatMap((file) => walk(file, []))).toEqual([]);
  });

  it('keeps `shared` free of the gateway, of Node and of everything but zod', () => {
    const foreign = imports
      .filter(({ from, to }) => from.startsWith('shared/') && !to.startsWith('shared/') && to !== 'zod')
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(foreign).toEqual([]);
  });

  it('has SQL in stores and in the database room only', () => {
    const elsewhere = shipped
      .filter((file) => !/-store\.ts$/.test(file) && !file.startsWith('gateway/src/db/'))
      .filter((file) =>
        /\b(insert into|update \w+ set|delete from|select [\w*, ().]+ from)\b/.test(
          readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
        ),
      );
    expect(elsewhere).toEqual([]);
  });

  it('has no statement that is built from the text of a caller', () => {
    const joined = shipped.filter((file) =>
      /\.query\(\s*`[^`]*\$\{(?!columns|conditions|parts|table|rowsAtOnce|sums|column|ofClient|page|values\.length|lockClass|channel|pg\.escapeIdentifier)/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(joined).toEqual([]);
  });

  it('reads the environment in one file', () => {
    const readers = shipped.filter((file) =>
      /process\.env\b/.test(readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')),
    );
    // The embedded database hands PATH, and nothing else, to its programs.
    expect(readers.sort()).toEqual(['gateway/src/config.ts', 'gateway/src/db/embedded-postgres.ts']);
  });

  it('has a name of its own for each file, and none called index', () => {
    expect(shipped.filter((file) => /(^|\/)(index|utils|helpers|types|common-utils)\.ts$/.test(file))).toEqual([]);
  });
});
