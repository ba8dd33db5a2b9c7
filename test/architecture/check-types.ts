import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `npm run check:types`: the compiler over the whole project, which has every script of the repository in it. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** Scripts that no program of the compiler reads, each with its reason. */
const exceptions = new Map([
  ['integrations/n8n/eslint.config.mjs', '@n8n/node-cli, which reads it, is installed by n8n’s own check only'],
  ['docs/site/astro.config.js', 'Astro, which reads it, is installed by `npm run docs` only'],
  ['docs/site/content.config.ts', 'Astro, which reads it, is installed by `npm run docs` only'],
]);

/** The dashboard and the scripts of the documentation site are for browsers: they have their types, and none of Node. */
const projects = ['tsconfig.json', 'gateway/dashboard/tsconfig.json', 'docs/site/tsconfig.json'];
// A line of the list is a path and nothing else; a fault goes on behind its path.
const isPath = (line: string): boolean => /^(\/|[A-Za-z]:[\\/]).+\.[cm]?[jt]sx?$|^.*\.json$/.test(line);
const read = new Set<string>();
let status = 0;
for (const project of projects) {
  const compiled = spawnSync(process.execPath, [compiler, '-p', project, '--listFiles', '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64e6,
  });
  status ||= compiled.status ?? 1;
  const lines = compiled.stdout.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    if (isPath(line)) read.add(relative(root, line));
    else process.stdout.write(`${line}\n`);
  }
  process.stderr.write(compiled.stderr);
}

const git = spawnSync('git', ['ls-files', '*.ts', '*.mts', '*.cts', '*.tsx', '*.js', '*.mjs', '*.cjs'], {
  cwd: root,
  encoding: 'utf8',
});
const tracked = git.status === 0 ? git.stdout.split('\n').filter((file) => file !== '') : [];
if (git.status !== 0)
  console.log('Left out, without git: the check that the compiler reads every script of the repository.');
const unread = tracked.filter((file) => !read.has(file) && !exceptions.has(file));
for (const file of unread)
  console.log(`${file}: no program of the compiler reads this file. Add its folder to tsconfig.json.`);
if (status === 0 && unread.length === 0)
  console.log(`The types of ${tracked.length - exceptions.size} scripts are right.`);
process.exitCode = status === 0 && unread.length === 0 ? 0 : 1;
