import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { builtFromFile, dashboardFingerprint, isDashboardBuilt } from '../launcher/dashboard-built.js';

/*
 * Builds the dashboard to `dist`, unless it is built from these very sources already. `npm start`, the image, the package and the tests in a browser run it.
 */

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = join(here, 'dist');

/** Seconds it took, or undefined when there was nothing to do. */
export async function buildDashboard(): Promise<number | undefined> {
  const fingerprint = dashboardFingerprint(root);
  if (isDashboardBuilt(root, fingerprint)) return undefined;
  const startedAt = performance.now();
  // Vite bundles React for developers under any other value, and a test has its own.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  const { default: config } = await import('./vite.config.ts');
  // Aside, and put in place whole: several may build at once, and a gateway may be reading.
  const aside = join(here, `dist-${process.pid}`);
  try {
    await build({ ...config, configFile: false, build: { ...config.build, outDir: aside } });
    compress(aside);
    writeFileSync(join(aside, builtFromFile), fingerprint);
    putInPlace(aside, fingerprint);
  } finally {
    rmSync(aside, { recursive: true, force: true });
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
  return (performance.now() - startedAt) / 1000;
}

/** Another build of the same sources may be a moment ahead of this one. */
function putInPlace(aside: string, fingerprint: string): void {
  const before = `${aside}-before`;
  try {
    if (isDashboardBuilt(root, fingerprint)) return;
    if (existsSync(dist)) renameSync(dist, before);
    renameSync(aside, dist);
  } catch (error) {
    if (!isDashboardBuilt(root, fingerprint)) throw error;
  } finally {
    rmSync(before, { recursive: true, force: true });
  }
}

/** Beside each text its gzip, so that the gateway compresses nothing while it serves. */
function compress(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.(js|css|svg|html)$/.test(name))
      writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
  }
}

if (import.meta.main) {
  try {
    const seconds = await buildDashboard();
    if (seconds !== undefined) console.error(`Built the dashboard in ${seconds.toFixed(1)} s.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`The dashboard cannot be built: ${reason}`);
    process.exitCode = 1;
  }
}
