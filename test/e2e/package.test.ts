import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../gateway/src/cli/commands.ts';
import { version } from '../../gateway/src/version.ts';
import { json } from '../support/ask.ts';
import { runProgram } from '../support/command-line.ts';
import { type CountingRegistry, startCountingRegistry } from '../support/counting-registry.ts';
import { type FreshFolder, freshFolder, type Running, reachableRegistry, untilGone } from '../support/fresh-clone.ts';
import { packGateway } from '../support/pack-gateway.ts';

const registry = await reachableRegistry();
const leftOut = registry === undefined ? ' (left out: the npm registry does not answer here)' : '';
const root = fileURLToPath(new URL('../..', import.meta.url));
const publint = 'publint@0.3.18';

describe.skipIf(registry === undefined)(
  `the package ai-gateway, packed and installed in an empty folder${leftOut}`,
  () => {
    let counting: CountingRegistry;
    let project: FreshFolder;
    let tarball: string;
    let keys: { live: string; test: string };
    const npx = (args: readonly string[], env: Record<string, string> = {}): Running =>
      project.run('npx', ['ai-gateway', ...args], env);

    beforeAll(async () => {
      counting = await startCountingRegistry(registry);
      project = freshFolder(counting.url);
      const to = join(project.home, 'packed');
      tarball = packGateway(to);
      expect(readdirSync(to)).toEqual([`ai-gateway-${version}.tgz`]);
      writeFileSync(join(project.clone, 'package.json'), '{}');
      const install = project.run('npm', ['install', tarball]);
      if ((await install.ended) !== 0) throw new Error(install.printed());
      console.log(`npm install of the tarball: ${(counting.received() / 1e6).toFixed(1)} MB received`);
    }, 240_000);
    afterAll(async () => {
      await counting.stop();
      project.remove();
    });

    it('has no link into the workspace, nothing to build, its licence and its guide, and passes publint', async () => {
      const folder = join(project.clone, 'node_modules/ai-gateway');
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
      expect(JSON.stringify(manifest)).not.toMatch(/workspace:|link:|file:/);
      expect(manifest).toMatchObject({
        name: 'ai-gateway',
        version,
        license: 'MIT',
        engines: { node: '>=20' },
        publishConfig: { access: 'public', provenance: true },
      });
      expect([manifest.private, manifest.scripts, manifest.devDependencies]).toEqual([undefined, undefined, undefined]);
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      const wanted = ['LICENSE', 'README.md', 'bin/ai-gateway.js', 'lib/cli.js', 'dashboard/dist/index.html'];
      expect(files).toEqual(expect.arrayContaining(wanted));
      expect(files.filter((file) => /\.ts$|\.test\.|node_modules/.test(file))).toEqual([]);
      expect(files.filter((file) => file.startsWith('sql/'))).toHaveLength(
        readdirSync(join(root, 'gateway/sql')).length,
      );
      const linted = project.run('npx', ['--yes', publint, 'run', tarball, '--strict']);
      expect([await linted.ended, linted.printed()]).toEqual([0, expect.stringContaining('All good!')]);
    }, 60_000);

    it('starts on its port and data folder, answers a call, writes an invoice as PDF, and stops with npx', async () => {
      const running = npx(['--port', '0', '--data-dir', join(project.clone, 'gateway-data')]);
      const { url } = await running.ready;
      const key = (mode: string): string => new RegExp(`${mode} {2}(gw_\\S+)`).exec(running.printed())?.[1] ?? '';
      keys = { live: key('live'), test: key('test') };
      const ask = (
        method: string,
        path: string,
        body?: object,
        headers: Record<string, string> = {},
      ): Promise<Response> =>
        fetch(`${url}${path}`, {
          method,
          headers: { authorization: `Bearer ${keys.test}`, 'content-type': 'application/json', ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      await json(ask('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
      const messages = [{ role: 'user', content: 'sandbox:cost 4.00' }];
      await json(ask('POST', '/v1/chat/completions', { model: 'gpt-4o', messages }, { 'x-client-id': 'acme' }));
      const from = new Date(Date.now() - 86_400_000).toISOString();
      const invoice = await json<{ id: string }>(
        ask('POST', '/v1/invoices', { client_id: 'acme', from, to: new Date().toISOString() }),
        201,
      );
      const pdf = await ask('GET', `/v1/invoices/${invoice.id}`, undefined, { accept: 'application/pdf' });
      expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      expect(
        Buffer.from(await pdf.arrayBuffer())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');
      expect((await fetch(`${url}/docs/`)).status).toBe(200);
      expect(await (await fetch(`${url}/app/sign-in`)).text()).toMatch(/src="\/app\/assets\/[^"]+\.js"/);
      running.kill('SIGTERM');
      await untilGone(url);
    }, 60_000);

    it('starts again with several workers, shows no key, and keeps its data', async () => {
      const running = npx(['start', '--port=0', '--data-dir', join(project.clone, 'gateway-data')], { WORKERS: '2' });
      const { url, seconds } = await running.ready;
      console.log(`npx from the tarball, second start: ready after ${seconds.toFixed(1)} s`);
      expect(running.printed()).not.toMatch(/gw_(live|test)_/);
      const clients = fetch(`${url}/v1/clients/acme`, { headers: { authorization: `Bearer ${keys.test}` } });
      expect(await json(clients)).toMatchObject({ name: 'Acme' });
      running.kill('SIGTERM');
      await untilGone(url);
    }, 60_000);

    it('lists its commands, explains one, refuses an unknown one, and runs them', async () => {
      const run = async (...args: string[]): Promise<{ code: number | NodeJS.Signals; printed: string }> => {
        const running = npx(args);
        return { code: await running.ended, printed: running.printed() };
      };
      const list = await run('--help');
      expect(list.code).toBe(0);
      expect(list.printed).toContain('Usage: npx ai-gateway COMMAND [OPTIONS]');
      for (const { name } of commands) expect(list.printed).toContain(`  ${name} `);
      expect(await run('export', '--help')).toMatchObject({
        code: 0,
        printed: expect.stringContaining('npx ai-gateway export [--out FILE]'),
      });
      expect(await run('exprot')).toMatchObject({
        code: 2,
        printed: expect.stringContaining('Did you mean "export"?'),
      });
      expect(await run('--version')).toEqual({ code: 0, printed: `${version}\n` });
      expect(await run('verify-ledger', '--data-dir', join(project.clone, 'gateway-data'))).toMatchObject({ code: 0 });
    }, 60_000);

    it('names the Node it needs to one that is too old', async () => {
      const bin = join(project.clone, 'node_modules/ai-gateway/bin/ai-gateway.js');
      const old = `Object.defineProperty(process.versions, 'node', { value: '18.20.8' }); import(${JSON.stringify(bin)});`;
      const { code, err } = await runProgram(process.execPath, ['-e', old]);
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('needs Node 20 or newer to start; this is Node 18.20.8'),
      ]);
    });
  },
);

describe('the version', () => {
  it('is the same in the package, in the workspace and in the gateway', () => {
    for (const path of ['package.json', 'gateway/package.json', 'shared/package.json'])
      expect([path, (JSON.parse(readFileSync(join(root, path), 'utf8')) as { version: string }).version]).toEqual([
        path,
        version,
      ]);
  });
});
