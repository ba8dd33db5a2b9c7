import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from './command-line.ts';
import { diskFolder } from './data-folder.ts';
import { longest } from './longest-first.ts';
import { root } from './run-tool.ts';
import { slowestFiles } from './test-outcome.ts';

const runner = fileURLToPath(new URL('run-tests.ts', import.meta.url));
const reporter = fileURLToPath(new URL('summary-reporter.ts', import.meta.url));

/** A project of a few files, each of which counts its runs in a file beside it. */
describe('npm test', () => {
  let folder: string;
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const runsOf = (name: string): number => readFileSync(join(folder, `${name}.runs`), 'utf8').length;
  const run = (env: Record<string, string>, ...args: string[]): ReturnType<typeof runProgram> =>
    runProgram(process.execPath, [runner, ...args], { cwd: folder, env });

  beforeAll(() => {
    folder = diskFolder('rerun');
    write(
      'vitest.config.mjs',
      `export default { test: { globals: true, include: ['*.test.mjs'], reporters: ['default', ${JSON.stringify(reporter)}] } };`,
    );
    const counted = (name: string): string => `
      import { appendFileSync, readFileSync } from 'node:fs';
      appendFileSync(${JSON.stringify(join(folder, `${name}.runs`))}, '.');
      const runs = readFileSync(${JSON.stringify(join(folder, `${name}.runs`))}, 'utf8').length;`;
    write('sound.test.mjs', `${counted('sound')}\nit('is sound', () => {});\nit.skip('is left out', () => {});`);
    write(
      'shaky.test.mjs',
      `${counted('shaky')}
      describe('a busy machine', () => {
        beforeAll(() => { if (runs === 1) throw new Error('not in time'); });
        it('is in time', () => {});
        it('is in time again', () => {});
      });`,
    );
    write('broken.test.mjs', `${counted('broken')}\nit('is broken', () => { throw new Error('always'); });`);
    write(
      'drawn.test.mjs',
      `${counted('drawn')}\nit('draws', () => { throw new Error(runs + '. seed: ' + process.env.TEST_SEED); });`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs a file whose beforeAll failed once more in CI, alone, and passes with its second counts', async () => {
    const { code, out } = await run({ CI: 'true' }, 'sound', 'shaky');
    expect(out.trimEnd().split('\n').slice(-2)).toEqual([
      'failed once, passed when repeated: shaky.test.mjs > a busy machine (a hook) (the file ran once more, alone)',
      '3 passed, 0 failed, 1 skipped',
    ]);
    expect(code).toBe(0);
    expect([runsOf('sound'), runsOf('shaky')]).toEqual([1, 2]);
  }, 120_000);

  it('repeats a file with the random draws of its first run, and prints their seed', async () => {
    const { out, err } = await run({ CI: 'true' }, 'drawn');
    const seeds = [...(out + err).matchAll(/([12]\. seed: \d+)/g)].map(([text]) => text);
    const [printed] = /(?<=^random draws: seed )\d+/m.exec(out) ?? [];
    expect(new Set(seeds)).toEqual(new Set(['1', '2'].map((runs) => `${runs}. seed: ${printed}`)));
  }, 120_000);

  it('fails when a file fails twice', async () => {
    const { code, out } = await run({ CI: 'true' }, 'sound', 'shaky', 'broken');
    expect(out.trimEnd().split('\n').at(-1)).toBe('3 passed, 1 failed, 1 skipped');
    expect(code).toBe(1);
    expect(runsOf('broken')).toBe(2);
  }, 120_000);

  it('repeats nothing outside CI', async () => {
    const { code, out } = await run({}, 'broken');
    expect(out.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
    expect(runsOf('broken')).toBe(3);
  }, 120_000);
});

it('names the files that took longest, the longest first', () => {
  const file = (name: string, seconds: number) => ({
    path: name,
    name,
    passed: 1,
    failed: [],
    skipped: 0,
    repeated: [],
    seconds,
  });
  const files = [file('short.test.ts', 0.2), file('long.test.ts', 80.4), file('longest.test.ts', 154.7)];
  expect(slowestFiles({ files, strayErrors: [] }, 2)).toBe('slowest: longest.test.ts 155 s, long.test.ts 80 s');
});

it('begins with files that are there', () => {
  expect(longest.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
