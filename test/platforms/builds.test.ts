import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Script, scriptOf } from '../../gateway/launcher/scripts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = ['shared', 'integrations/make', 'integrations/n8n', 'integrations/zapier'];
const built: string[] = [];
let copy: string;

interface Manifest {
  scripts?: { build?: string };
}

/** The programs that the launcher runs for a script; the launcher itself would look after the installation, which all tests share. */
function launched(build: string): Script {
  const name = /^node \.\.\/\.\.\/gateway\/bin\/launch\.js (\S+)$/.exec(build)?.[1] ?? '';
  const found = scriptOf(name, []);
  if (found === undefined) throw new Error(`The launcher runs no program for "${build}".`);
  return found.script;
}

/** A copy of the sources beside what is installed: other tests read the builds in their own places meanwhile. */
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'ai-gateway-build-'));
  for (const file of [...globSync('*.{json,yaml}', { cwd: root }), '.gitignore'])
    cpSync(join(root, file), join(copy, file));
  for (const folder of packages)
    cpSync(join(root, folder), join(copy, folder), {
      recursive: true,
      filter: (path) => !['node_modules', 'dist'].includes(basename(path)),
    });
  for (const folder of ['', ...packages]) {
    const installed = join(root, folder, 'node_modules');
    if (existsSync(installed)) symlinkSync(installed, join(copy, folder, 'node_modules'));
  }
  // As `pnpm -r build` runs them.
  const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
  for (const folder of packages) {
    const { scripts } = JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')) as Manifest;
    if (scripts?.build === undefined) continue;
    built.push(folder);
    const { folder: place = '.', programs } = launched(scripts.build);
    for (const program of programs)
      await promisify(execFile)(process.execPath, program, {
        cwd: join(copy, place),
        env: { ...process.env, PATH: path },
      });
  }
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('`pnpm -r build` builds all three: Zapier’s app and the n8n package where their package.json say', () => {
  expect(built).toEqual(['integrations/make', 'integrations/n8n', 'integrations/zapier']);
  expect(existsSync(join(copy, 'integrations/zapier/dist/index.js'))).toBe(true);
  const { n8n } = JSON.parse(readFileSync(join(copy, 'integrations/n8n/package.json'), 'utf8')) as {
    n8n: { nodes: string[]; credentials: string[] };
  };
  const promised = [...n8n.nodes, ...n8n.credentials];
  expect(promised.length).toBeGreaterThan(3);
  for (const file of promised) expect(existsSync(join(copy, 'integrations/n8n', file)), file).toBe(true);
});

test('`pnpm -r build` writes Make’s app as it is committed', () => {
  const read = (place: string): Record<string, string> =>
    Object.fromEntries(
      globSync('**/*.*', { cwd: join(place, 'integrations/make/app') })
        .toSorted()
        .map((file) => [file, readFileSync(join(place, 'integrations/make/app', file), 'utf8')]),
    );
  const app = read(copy);
  expect(Object.keys(app).length).toBeGreaterThan(100);
  expect(app).toEqual(read(root));
});
