import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../gateway/src/version.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `pnpm pack` in the package's folder; returns the tarball, which `folder` holds then. */
export function packGateway(folder: string): string {
  const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { config: { pnpm: string } };
  mkdirSync(folder, { recursive: true });
  execFileSync('npx', ['--yes', `pnpm@${config.pnpm}`, 'pack', '--pack-destination', folder], {
    cwd: join(root, 'gateway'),
    stdio: 'pipe',
  });
  return join(folder, `ai-gateway-${version}.tgz`);
}
