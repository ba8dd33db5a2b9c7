import { existsSync, globSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../../integrations/zapier/package.json' with { type: 'json' };
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { buildApp, executeIn, packageFolder, unzip, uploadFolder, zapierPlatform } from './built-app.ts';
import type { Json } from './zapier-host.ts';

let gateway: TestGateway;

beforeAll(async () => {
  [gateway] = await Promise.all([startTestGateway(), buildApp()]);
});
afterAll(() => gateway.stop());

const chat = (): Json => ({
  command: 'execute',
  method: 'creates.chat_complete.operation.perform',
  bundle: {
    authData: { base_url: gateway.url, api_key: liveKey },
    inputData: { model: 'gpt-4o-mini', prompt: 'Hi' },
    meta: {},
  },
});

describe('the built app', () => {
  test('is where the package says', () => {
    expect(existsSync(join(packageFolder, packageJson.main))).toBe(true);
    expect(packageJson.exports['.']).toBe('./dist/index.js');
  });

  test('holds all our code, and imports only Zapier’s core', () => {
    const code = readFileSync(join(uploadFolder, 'index.js'), 'utf8');
    const imported = [...code.matchAll(/^import .*? from "([^"]+)";$/gm)].map(([, name]) => name);
    expect([...new Set(imported)]).toEqual(['zapier-platform-core']);
    const manifest = readFileSync(join(uploadFolder, 'package.json'), 'utf8');
    expect(manifest).not.toMatch(/workspace:|link:|file:/);
    expect(JSON.parse(manifest)).toMatchObject({ type: 'module', exports: './index.js', version: packageJson.version });
  });

  test('answers in a process of its own', async () => {
    gateway.fakes.openai.reply({ text: 'Built' });
    const wrapper = `import zapier from 'zapier-platform-core';
      import app from './index.js';
      const handler = zapier.createAppHandler(app);`;
    expect(await executeIn(uploadFolder, wrapper, chat())).toMatchObject({ results: { text: 'Built' } });
  });
});

const wanted = process.env.CI === 'true' || process.env.ZAPIER_CLI !== undefined;
if (!wanted) {
  console.log('zapier-platform validate and build: not run, they take a while; CI=true or ZAPIER_CLI=1 asks for them.');
}

describe.runIf(wanted)('zapier-platform, without a login and without a network', { timeout: 180_000 }, () => {
  test('validate finds nothing', async () => {
    const { code, text } = await zapierPlatform('validate', '--without-style');
    expect(text).toContain('No structural errors found');
    expect(code).toBe(0);
  });

  test('build makes an archive that runs without the workspace', async () => {
    // Checks that need Zapier's servers are left out; the rest of the build, its own test run included, is whole.
    const { code, text } = await zapierPlatform('build', '--skip-dep-install', '--skip-validation');
    expect(text).toContain('Build complete!');
    expect(code).toBe(0);
    const [build, source] = await Promise.all(
      ['build', 'source'].map((name) => unzip(join(uploadFolder, `build/${name}.zip`))),
    );
    try {
      const manifests = [build, source].flatMap((folder = '') =>
        globSync('**/package.json', { cwd: folder, exclude: (path) => path.includes('node_modules') }).map((file) =>
          readFileSync(join(folder, file), 'utf8'),
        ),
      );
      expect(manifests.length).toBeGreaterThan(1);
      for (const manifest of manifests) expect(manifest).not.toMatch(/workspace:|link:|file:/);
      const core = join(build ?? '', 'integrations/zapier/dist/upload/node_modules/zapier-platform-core');
      expect(realpathSync(core)).toContain(realpathSync(build ?? ''));
      expect(globSync('**/@ai-gateway/*', { cwd: build ?? '' })).toEqual([]);
      gateway.fakes.openai.reply({ text: 'From the archive' });
      const wrapper = "import { handler } from './zapierwrapper.js';";
      expect(await executeIn(build ?? '', wrapper, chat())).toMatchObject({ results: { text: 'From the archive' } });
    } finally {
      for (const folder of [build, source]) rmSync(folder ?? '', { recursive: true, force: true });
    }
  });
});
