import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/run-tool.ts';

/** The usage examples at the head of the public modules of `shared`, each as a module of its own. */
const examples = globSync('shared/src/{,steps/}*.ts', { cwd: root })
  .sort()
  .flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^ \* ```ts\n((?: \*.*\n)*?) \* ```$/gm)].map(
      ([, text = '']) => ({
        file,
        text: text.replaceAll(/^ \* ?/gm, ''),
      }),
    ),
  );

test('the modules that other packages begin with have a usage example at their head', () => {
  const begun = examples.map(({ file }) => file.replace('shared/src/', ''));
  const without = globSync('shared/src/{,steps/}*.ts', { cwd: root })
    .map((file) => file.replace('shared/src/', ''))
    // The parts of openapi.ts, and the table of exceptions, are no module to begin with.
    .filter((file) => !/\.test\.ts$|^openapi-components\.ts$|platform-exceptions\.ts$/.test(file))
    .filter((file) => !begun.includes(file));
  expect(begun.length).toBeGreaterThan(20);
  expect(without).toEqual([]);
});

test('every usage example compiles as it is printed', () => {
  // Beside the tests' own packages, where an example finds `@ai-gateway/shared` and zod.
  const parent = join(root, 'test/node_modules/.examples');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'run-'));
  try {
    for (const [at, { file, text }] of examples.entries())
      writeFileSync(join(folder, `${at}-${basename(file)}`), `${text}export {};\n`);
    const files = examples.map(({ file }, at) => `${at}-${basename(file)}`);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: { allowUnreachableCode: true, noEmit: true, typeRoots: [join(root, 'node_modules/@types')] },
        files,
      }),
    );
    expect(faultsOf(folder)).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

function faultsOf(folder: string): string {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
