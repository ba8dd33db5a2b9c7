import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * One file with all of ours inside; Zapier's core stays outside, since Zapier's own wrapper loads it too. `dist/upload` is what
 * is pushed: a package of its own, since this one depends on its neighbours in the workspace, which Zapier does not find.
 */
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  charset: 'utf8',
  external: Object.keys(manifest.dependencies),
});

const upload = 'dist/upload';
await mkdir(`${upload}/node_modules`, { recursive: true });
await cp('dist/index.js', `${upload}/index.js`);
await cp('README.md', `${upload}/README.md`);
await writeFile(`${upload}/.gitignore`, 'node_modules/\nbuild/\n.env\n');
const { name, version, description, license, dependencies, engines } = manifest;
const own = { name, version, private: true, description, license, type: 'module', exports: './index.js' };
await writeFile(`${upload}/package.json`, `${JSON.stringify({ ...own, engines, dependencies }, null, 2)}\n`);
for (const dependency of Object.keys(dependencies))
  await symlink(await realpath(`node_modules/${dependency}`), `${upload}/node_modules/${dependency}`, 'junction');
// Which app it is, once `zapier-platform register` or `link` has written it down.
if (existsSync('.zapierapprc')) await cp('.zapierapprc', `${upload}/.zapierapprc`);
