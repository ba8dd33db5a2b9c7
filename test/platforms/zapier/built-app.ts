import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Json, ZapierRun } from './zapier-host.ts';

const run = promisify(execFile);
export const packageFolder = fileURLToPath(new URL('../../../integrations/zapier', import.meta.url));
/** The app as it is pushed to Zapier. */
export const uploadFolder = join(packageFolder, 'dist/upload');
const ofPackage = createRequire(join(packageFolder, 'package.json'));
const cli = dirname(ofPackage.resolve('zapier-platform-cli/package.json'));

export async function buildApp(): Promise<void> {
  await run(process.execPath, ['build.mjs'], { cwd: packageFolder });
}

export interface Printed {
  code: number;
  text: string;
}

/** The vendor's command line, kept at home: without a login, without statistics, and with nobody to talk to. */
export async function zapierPlatform(...args: string[]): Promise<Printed> {
  const { bin } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  try {
    const { stdout, stderr } = await run(process.execPath, [join(cli, bin['zapier-platform'] ?? ''), ...args], {
      cwd: uploadFolder,
      env: offline(),
      maxBuffer: 10 << 20,
    });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code = 1, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code, text: stdout + stderr };
  }
}

function offline(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !/^(NODE_ENV$|VITEST|TEST$|ZAPIER_)/.test(name));
  return {
    ...Object.fromEntries(ours),
    HOME: join(packageFolder, 'dist/home'),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    DISABLE_ZAPIER_ANALYTICS: '1',
    NO_UPDATE_NOTIFIER: '1',
    ZAPIER_BASE_ENDPOINT: 'http://127.0.0.1:9',
  };
}

/** Unpacks as Zapier's own test of a build does, links included. */
export async function unzip(file: string): Promise<string> {
  const into = mkdtempSync(join(tmpdir(), 'zapier-build-'));
  const decompress = ofPackage(join(cli, 'src/utils/decompress.js')) as (from: string, to: string) => Promise<unknown>;
  await decompress(file, into);
  return into;
}

/** Runs an event in a process of its own, as Zapier's machines do: nothing of this repository is near. */
export async function executeIn(folder: string, wrapper: string, event: Json): Promise<ZapierRun> {
  const program = `${wrapper}
    const answer = await handler(${JSON.stringify(event)});
    process.stdout.write('\\n' + JSON.stringify(answer));
    process.exit(0);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_ENV: 'test' },
    maxBuffer: 10 << 20,
  });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as ZapierRun;
}
