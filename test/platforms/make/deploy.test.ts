import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeMakeApi, makeApiKey, startFakeMakeApi } from './fake-make-api.ts';
import { app } from './make-host.ts';

const script = fileURLToPath(new URL('../../../integrations/make/src/deploy.ts', import.meta.url));
let api: FakeMakeApi;
let folder: string;
let mapping: string;

beforeEach(async () => {
  api = await startFakeMakeApi();
  folder = mkdtempSync(join(tmpdir(), 'make-deploy-'));
  mapping = join(folder, 'id-mapping.json');
});
afterEach(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

async function deploy(...more: string[]): Promise<{ code: number | null; said: string }> {
  const args = [
    script,
    '--zone',
    api.zone,
    '--app',
    'ai-gateway',
    '--mapping',
    mapping,
    '--templates',
    join(folder, 'templates'),
    ...more,
  ];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', MAKE_API_KEY: makeApiKey } });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, said: out + err };
}

const writes = () => api.requests.filter(({ method }) => method !== 'GET');

describe('deploying to Make', () => {
  test('makes the app with everything in it, each component bound to those it needs', async () => {
    expect(await deploy()).toMatchObject({ code: 0, said: expect.stringMatching(/\d+ written\./) });
    expect(api.components.get('/ai-gateway-x7k2/1')).toMatchObject({ label: 'AI Gateway', audience: 'global' });
    for (const id of Object.keys(app.module))
      expect(api.components.has(`/ai-gateway-x7k2/1/modules/${id}`), id).toBe(true);
    for (const id of Object.keys(app.rpc)) expect(api.components.has(`/ai-gateway-x7k2/1/rpcs/${id}`), id).toBe(true);
    // Names of Make's own making.
    expect(api.components.get('/connections/ai-gateway-x7k2')).toMatchObject({ label: 'AI Gateway', type: 'basic' });
    expect(api.components.get('/webhooks/ai-gateway-x7k23')).toMatchObject({
      label: 'Paused scenarios',
      connection: 'ai-gateway-x7k2',
    });
    expect(api.components.get('/ai-gateway-x7k2/1/modules/watchPausedScenarios')).toMatchObject({
      webhook: 'ai-gateway-x7k23',
    });
    expect(api.components.get('/ai-gateway-x7k2/1/modules/chatComplete')).toMatchObject({
      connection: 'ai-gateway-x7k2',
      crud: 'create',
    });
    expect(api.components.get('/ai-gateway-x7k2/1/rpcs/modelsList')).toMatchObject({ connection: 'ai-gateway-x7k2' });

    const section = (path: string): unknown => JSON.parse(api.sections.get(path) ?? 'null');
    expect(section('/ai-gateway-x7k2/1/base')).toEqual(app.base);
    expect(section('/ai-gateway-x7k2/1/groups')).toEqual(app.groups);
    expect(section('/ai-gateway-x7k2/1/modules/chatComplete/expect')).toEqual(
      app.module.chatComplete?.code.mappableParams,
    );
    expect(section('/webhooks/ai-gateway-x7k2/attach')).toEqual(app.webhook.budgetAlerts?.code.attach);
    expect(api.sections.get('/ai-gateway-x7k2/1/readme')).toMatch(/^# AI Gateway/);
    expect(api.sections.get('/ai-gateway-x7k2/1/icon')).toMatch(/^.PNG/);
    const parts = [app.connection, app.webhook, app.module, app.rpc].flatMap((kind) => Object.values(kind));
    const files = parts.flatMap(({ code }) => Object.keys(code));
    expect(api.sections.size).toBe(files.length + 4);
  });

  test('writes nothing the second time', async () => {
    await deploy();
    api.requests.length = 0;
    expect(await deploy()).toMatchObject({ code: 0, said: expect.stringContaining('Make has all of it already.') });
    expect(writes()).toEqual([]);
  });

  test('writes what somebody changed at Make, and only that', async () => {
    await deploy();
    api.sections.set('/ai-gateway-x7k2/1/base', '{"baseUrl":"https://elsewhere.example.com"}');
    Object.assign(api.components.get('/ai-gateway-x7k2/1/modules/chatComplete') ?? {}, { label: 'Chat' });
    api.requests.length = 0;
    expect((await deploy()).said).toContain('2 written.');
    expect(writes().map(({ method, path, body }) => [method, path, body.length < 100 ? body : ''])).toEqual([
      ['PUT', '/ai-gateway-x7k2/1/base', ''],
      ['PATCH', '/ai-gateway-x7k2/1/modules/chatComplete', '{"label":"Create a chat completion"}'],
    ]);
  });

  test('names the changes of a dry run and makes none', async () => {
    const { code, said } = await deploy('--dry-run');
    expect(code).toBe(0);
    expect(said).toMatch(/would write app ai-gateway\n/);
    expect(said).toMatch(/would write module chatComplete\n/);
    expect(said).toMatch(/\d+ would be written\./);
    expect(writes()).toEqual([]);
    expect(existsSync(mapping)).toBe(false);

    const would = Number(/(\d+) would be written/.exec(said)?.[1]);
    expect((await deploy()).said).toMatch(/\d+ written/);
    expect(would).toBeGreaterThan(100);
    expect((await deploy('--dry-run')).said).toContain('Make has all of it already.');
  });

  test('continues after an interruption, and makes no connection twice', async () => {
    await deploy('--dry-run');
    api.failOnce = undefined;
    const original = api.sections.set.bind(api.sections);
    let count = 0;
    api.sections.set = (path, body) => {
      count += 1;
      if (count === 12) api.failOnce = 500;
      return original(path, body);
    };
    const broken = await deploy();
    expect(broken.code).not.toBe(0);
    expect(Object.keys(JSON.parse(readFileSync(mapping, 'utf8')) as object)).toEqual([
      `${api.zone.replace('http://', '')}/ai-gateway/1`,
    ]);
    expect(await deploy()).toMatchObject({ code: 0 });
    expect([...api.components.keys()].filter((path) => path.startsWith('/connections/'))).toHaveLength(1);
    expect([...api.components.keys()].filter((path) => path.startsWith('/webhooks/'))).toHaveLength(
      Object.keys(app.webhook).length,
    );
    expect((await deploy()).said).toContain('Make has all of it already.');
  });

  test('finds its components again after its notes of the names are lost', async () => {
    await deploy();
    const before = readFileSync(mapping, 'utf8');
    rmSync(mapping);
    // The icon is known by the notes alone: Make gives back what it made of it.
    expect((await deploy('--app', 'ai-gateway-x7k2')).said).toMatch(/^write icon\n1 written/);
    const [{ app: _, ...kept } = {}] = Object.values(JSON.parse(before) as Record<string, { app?: string }>);
    expect(Object.values(JSON.parse(readFileSync(mapping, 'utf8')) as object)).toEqual([kept]);
  });

  // It went wrong: the first deployment always ended in an error, with the advice to take another name.
  test('uses the name that Make gave: it is kept, printed and written into the templates', async () => {
    const { code, said } = await deploy();
    expect(code).toBe(0);
    expect(said).toContain('Make calls the app ai-gateway-x7k2.');
    expect(said).toContain('The app is called ai-gateway-x7k2 at Make.');
    const [kept] = Object.values(JSON.parse(readFileSync(mapping, 'utf8')) as Record<string, { app: string }>);
    expect(kept?.app).toBe('ai-gateway-x7k2');
    for (const file of readdirSync(join(folder, 'templates'))) {
      const blueprint = readFileSync(join(folder, 'templates', file), 'utf8');
      const names = [...blueprint.matchAll(/app#([^:]+):(\w+)/g)];
      expect(names.length, file).toBeGreaterThan(0);
      for (const [, name = '', module = ''] of names)
        expect(api.components.has(`/${name}/1/modules/${module}`), `${name}:${module}`).toBe(true);
    }
    await deploy();
    await deploy('--app', 'ai-gateway-x7k2');
    expect([...api.components.keys()].filter((path) => /^\/[^/]+\/1$/.test(path))).toEqual(['/ai-gateway-x7k2/1']);
  });

  test('keeps the name for an account that may make apps without a suffix', async () => {
    api.suffix = '';
    expect((await deploy()).said).toContain('The app is called ai-gateway at Make.');
    expect(api.components.has('/ai-gateway/1/modules/chatComplete')).toBe(true);
  });

  test('names foreign components at Make and leaves them alone; a module that left the app stays in a group', async () => {
    await deploy();
    api.components.set('/ai-gateway-x7k2/1/modules/oldOne', { name: 'oldOne', label: 'Old' });
    const { code, said } = await deploy();
    expect(said).toContain('module oldOne is at Make but not in the app; it is left alone.');
    expect(code).toBe(0);
    expect(api.components.has('/ai-gateway-x7k2/1/modules/oldOne')).toBe(true);
    const groups = JSON.parse(api.sections.get('/ai-gateway-x7k2/1/groups') ?? '[]') as { modules: string[] }[];
    expect(groups.at(-1)?.modules.at(-1)).toBe('oldOne');
    expect((await deploy()).said).toContain('Make has all of it already.');
  });

  test('prints its usage, and never the key', async () => {
    const child = spawn(process.execPath, [script], { env: { PATH: process.env.PATH ?? '' } });
    expect(await text(child.stderr)).toMatch(/MAKE_API_KEY=… npm run deploy:make -- --zone/);
    expect((await deploy()).said).not.toContain(makeApiKey);
  });
});
