import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const packageFolder = join(root, 'integrations/n8n');
const manifests = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'];

/**
 * A real n8n and its judges, pinned by a lockfile of their own and kept outside the workspace: 2 GB and a hundred peers would
 * leak into every install. Kept from one run to the next; a new lockfile is a new folder.
 */
export async function installN8n(): Promise<string> {
  const source = fileURLToPath(new URL('host/', import.meta.url));
  const hash = createHash('sha256');
  for (const file of manifests) hash.update(readFileSync(join(source, file)));
  const folder = join(tmpdir(), `ai-gateway-n8n-${hash.digest('hex').slice(0, 12)}`);
  const stamp = join(folder, 'installed');
  if (existsSync(stamp)) return folder;
  mkdirSync(folder, { recursive: true });
  for (const file of manifests) cpSync(join(source, file), join(folder, file));
  await pnpm(['install', '--frozen-lockfile'], folder);
  writeFileSync(stamp, new Date().toISOString());
  return folder;
}

/** Builds and packs the package as it is published, and gives the unpacked tarball. */
export async function packNodes(): Promise<string> {
  const into = mkdtempSync(join(tmpdir(), 'n8n-nodes-ai-gateway-'));
  await run(process.execPath, ['build.mjs'], { cwd: packageFolder });
  await pnpm(['pack', '--pack-destination', into], packageFolder);
  const tarball = readdirSync(into).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('pnpm pack left no tarball');
  execFileSync('tar', ['xzf', tarball], { cwd: into });
  return join(into, 'package');
}

/** The package’s source, where n8n’s linter finds itself: as in the workspace, with the host’s tools beside it. */
export function sourceBeside(folder: string): string {
  const copy = mkdtempSync(join(folder, 'judged-'));
  const source = join(copy, 'integrations/n8n');
  cpSync(join(root, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'));
  cpSync(packageFolder, source, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
  });
  const modules = join(source, 'node_modules');
  mkdirSync(join(modules, '@ai-gateway'), { recursive: true });
  symlinkSync(join(root, 'shared'), join(modules, '@ai-gateway/shared'));
  for (const name of ['esbuild', 'n8n-workflow'])
    symlinkSync(join(packageFolder, 'node_modules', name), join(modules, name));
  for (const name of ['.bin', '@n8n', 'eslint']) symlinkSync(join(folder, 'node_modules', name), join(modules, name));
  return source;
}

/** This Node for everything: n8n 2.41 needs 24, and another may be installed beside it. */
export function pinnedNodeEnv(): NodeJS.ProcessEnv {
  const headers = nodeHeaders();
  // Started as a test (NODE_ENV=test and the like), n8n would take itself for its own test suite and end without a word.
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_ENV$|NODE_OPTIONS$|VITEST|TEST$|DEV$|PROD$|N8N_)/.test(name),
  );
  return {
    ...Object.fromEntries(ours),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    CI: 'true',
    // sqlite3 is compiled, and must be for this Node.
    ...(headers === undefined ? {} : { npm_config_nodedir: headers }),
  };
}

async function pnpm(args: string[], cwd: string): Promise<void> {
  const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { config: { pnpm: string } };
  await run('npx', ['--yes', `pnpm@${config.pnpm}`, ...args], {
    cwd,
    env: pinnedNodeEnv(),
    maxBuffer: 100 << 20,
    shell: process.platform === 'win32',
  });
}

/** The pinned Node brings its headers with it; without them node-gyp would fetch them. */
function nodeHeaders(): string | undefined {
  const node = dirname(createRequire(join(root, 'package.json')).resolve('node/package.json'));
  const folders = [node, join(node, 'node_modules', `node-${process.platform}-${process.arch}`)];
  return folders.find((folder) => existsSync(join(folder, 'include/node/node_api.h')));
}
