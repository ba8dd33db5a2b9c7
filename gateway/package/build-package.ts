import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDashboard } from '../dashboard/build.ts';
import { nodePackages } from '../launcher/pinned-node.js';

/**
 * Writes the package that `npx ai-gateway` runs to gateway/dist: the gateway's files as JavaScript, each where its neighbours expect it (`lib` in the place
 * of `src`, `sql`, `fonts`, `vocabularies` and the built dashboard beside it), shared among them. Types are blanked out as Node itself does it, so
 * lines and columns stay those of the sources, and nothing is bundled or built at install.
 */
const gateway = fileURLToPath(new URL('../', import.meta.url));
const root = dirname(gateway);
const out = join(gateway, 'dist');

if (process.env.npm_config_user_agent?.startsWith('npm/') && process.env.npm_lifecycle_event === 'prepack') {
  console.error('npm does not read publishConfig.directory and would pack the sources. Run: npx pnpm pack');
  process.exit(1);
}

interface Manifest {
  [field: string]: unknown;
  name: string;
  version: string;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

const manifest = readJson<Manifest>(join(gateway, 'package.json'));
const sharedManifest = readJson<Manifest>(join(root, 'shared', 'package.json'));

rmSync(out, { recursive: true, force: true });
writeScripts(join(gateway, 'src'), join(out, 'lib'));
writeScripts(join(root, 'shared', 'src'), join(out, 'lib', 'shared'));
await buildDashboard();
for (const folder of ['sql', 'fonts', 'vocabularies', 'dashboard/dist'])
  cpSync(join(gateway, folder), join(out, folder), { recursive: true });
for (const file of [
  'bin/ai-gateway.js',
  'launcher/launch-package.js',
  'launcher/pinned-node.js',
  'launcher/node-packages.json',
  'launcher/run-gateway.js',
])
  cpSync(join(gateway, file), join(out, file));
cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'));
cpSync(join(gateway, 'package', 'README.md'), join(out, 'README.md'));
writeManifests();
checkImports();

/** Every .ts file but tests and declarations, as .js; data beside them as they are. */
function writeScripts(from: string, to: string): void {
  if (existsSync(to)) throw new Error(`${to} is there already: two folders of sources have the same name`);
  for (const path of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.json')) cpSync(join(from, path), join(to, path));
    if (!path.endsWith('.ts') || /\.(test|d)\.ts$/.test(path)) continue;
    const target = join(to, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, asScript(readFileSync(join(from, path), 'utf8'), target));
  }
}

function asScript(source: string, target: string): string {
  const toShared = relative(dirname(target), join(out, 'lib', 'shared')).replaceAll('\\', '/');
  return stripTypeScriptTypes(source)
    .replace(/(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g, '$1$2.js$1')
    .replace(/(['"])@ai-gateway\/shared\/([^'"\n]+)\1/g, `$1${toShared.startsWith('.') ? '' : './'}${toShared}/$2.js$1`)
    .replace(/[ \t]+$/gm, '');
}

function writeManifests(): void {
  const {
    dependencies,
    optionalDependencies,
    devDependencies: _dev,
    scripts: _scripts,
    publishConfig,
    ...rest
  } = manifest;
  const { directory: _directory, linkDirectory: _link, ...publish } = publishConfig as Record<string, unknown>;
  const { '@ai-gateway/shared': _shared, ...own } = { ...dependencies, ...sharedManifest.dependencies };
  const nodes = Object.fromEntries(nodePackages.map(({ name, version }) => [name, version]));
  writeJson('package.json', {
    ...rest,
    exports: { './package.json': './package.json' },
    // Without a list, packing heeds the repository's .gitignore, which leaves out `dashboard/dist`.
    files: ['bin', 'dashboard', 'fonts', 'launcher', 'lib', 'sql', 'vocabularies'],
    publishConfig: publish,
    dependencies: own,
    optionalDependencies: { ...optionalDependencies, ...nodes },
  });
}

/** A file that an import names and the package does not have would fail on somebody else's machine only. */
function checkImports(): void {
  const known = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)]);
  for (const path of readdirSync(join(out, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.js')) continue;
    const file = join(out, 'lib', path);
    const text = readFileSync(file, 'utf8');
    for (const [, wanted = ''] of text.matchAll(
      /(?:^(?:import|export)\b[^'"();]*\bfrom\s*|^import\s*|\bimport\(|\bnew URL\()['"]([@.\w][\w@./-]*)['"]/gm,
    )) {
      if (wanted.startsWith('node:')) continue;
      const name = /^(?:@[^/]+\/)?[^/]+/.exec(wanted)?.[0] ?? '';
      const isThere = wanted.startsWith('.') ? existsSync(join(dirname(file), wanted)) : known.has(name);
      if (!isThere) throw new Error(`lib/${path} imports ${wanted}, which the package does not have`);
    }
  }
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function writeJson(name: string, value: object): void {
  writeFileSync(join(out, name), `${JSON.stringify(value, null, 2)}\n`);
}
