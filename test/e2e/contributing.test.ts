import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { createTestDatabase } from '../support/database.ts';
import { fakeKeys, startFakes } from '../support/fakes/start-fakes.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { root, run } from '../support/run-tool.ts';
import { liveKey, testKey } from '../support/start-gateway.ts';

const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

/** The code blocks of a walk-through, each with the last file that the text before it names. */
function stepsOf(heading: string): { path: string; kind: 'ts' | 'diff'; code: string }[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  const prose = (text: string): string => text.replaceAll(/^```.*?^```$/gms, '');
  return [...section.matchAll(/^```(ts|diff)\n(.*?)^```$/gms)].map(({ 1: kind, 2: code = '', index }) => {
    const named = [...prose(section.slice(0, index)).matchAll(/`((?:shared|gateway|test)\/[\w./-]+\.(?:ts|json))`/g)];
    return { path: named.at(-1)?.[1] ?? '', kind: kind === 'ts' ? 'ts' : 'diff', code };
  });
}

/** A copy of what `git` has, with the packages installed here. */
function copyOfTheTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'ai-gateway-contributing-'));
  const left = new Set(['.git', 'data', 'dist', '.runtime', 'coverage']);
  // Those of Astro, which the test of the documentation site installs, are some ten thousand files.
  const installed = new Set([join(root, 'node_modules'), join(root, 'docs/site/node_modules')]);
  cpSync(root, copy, {
    recursive: true,
    // Links between packages of the workspace then lead to the copy's own.
    verbatimSymlinks: true,
    filter: (from) => !left.has(basename(from)) && !installed.has(from),
  });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function apply(copy: string, { path, kind, code }: ReturnType<typeof stepsOf>[number]): void {
  const file = join(copy, path);
  if (kind === 'ts') {
    expect(existsSync(file), `${path} is new`).toBe(false);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    return;
  }
  const lines = code.replace(/\n$/, '').split('\n');
  const side = (other: '+' | '-'): string =>
    lines.flatMap((line) => (line.startsWith(other) ? [] : [line.slice(1)])).join('\n');
  const text = readFileSync(file, 'utf8');
  expect(text.split(side('+')).length, `${path} has these lines once:\n${side('+')}`).toBe(2);
  writeFileSync(
    file,
    text.replace(side('+'), () => side('-')),
  );
}

describe('CONTRIBUTING.md', () => {
  let copy: string;
  let stop: (() => Promise<unknown>)[] = [];
  beforeEach(() => {
    copy = copyOfTheTree();
  });
  afterEach(async () => {
    for (const one of stop) await one();
    stop = [];
    rmSync(copy, { recursive: true, force: true });
  });

  const node = (...args: string[]) => run(process.execPath, args, { cwd: copy, env: { CI: 'true' } });
  /** The faults that the compiler finds, without those that a filter leaves out. */
  const faults = async (counts = (_line: string): boolean => true): Promise<string[]> => {
    const { out } = await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
    return out.split('\n').filter((line) => line.includes('error TS') && counts(line));
  };
  const generates = async (): Promise<void> => {
    expect(await node('integrations/make/src/write-app.ts')).toMatchObject({ code: 0 });
    expect(await node('integrations/n8n/generate.mjs')).toMatchObject({ code: 0 });
  };
  const keepsTheContract = async (): Promise<string> => {
    // Without the global setup: the contract needs no database.
    const only = "export default { test: { include: ['test/conformance/contract.test.ts'] } };\n";
    writeFileSync(join(copy, 'vitest.contract.ts'), only);
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.contract.ts', '--reporter=verbose'];
    const { code, out } = await node(...vitest);
    expect(code, out.slice(-3000)).toBe(0);
    return out;
  };
  const startCopy = async (env: Record<string, string>): Promise<string> => {
    const database = await createTestDatabase();
    stop = [() => database.drop(), ...stop];
    const gateway = await spawnGateway(
      { PORT: '0', DATABASE_URL: database.url, DATA_DIR: join(copy, 'data'), ...env },
      join(copy, 'gateway/src/main.ts'),
    );
    stop = [() => gateway.kill('SIGTERM'), ...stop];
    return gateway.url;
  };

  it('adds an operation by its blocks: it compiles, keeps the contract, and the gateway answers it', {
    timeout: 240_000,
  }, async () => {
    const steps = stepsOf('Add an operation');
    expect(steps).toHaveLength(9);
    for (const step of steps) apply(copy, step);

    await generates();
    expect(await faults()).toEqual([]);
    expect(await keepsTheContract()).toContain('currencies.list');

    const url = await startCopy({ GATEWAY_BOOTSTRAP_TEST_KEY: testKey });
    const asked = fetch(`${url}/v1/currencies?search=bh`, { headers: { authorization: `Bearer ${testKey}` } });
    expect(await json(asked)).toEqual({ data: [{ id: 'BHD', digits: 3 }] });
  });

  it('adds a provider by its blocks: it compiles, keeps the contract, and answers calls to its models', {
    timeout: 240_000,
  }, async () => {
    const steps = stepsOf('Add a provider');
    expect(new Set(steps.map(({ path }) => path)).size).toBe(3);
    for (const step of steps) apply(copy, step);

    await generates();
    // Tests have tables of vendors, which the page's last step names.
    expect(await faults((line) => !/^test\/|^\S+\.test\.ts\(/.test(line))).toEqual([]);
    await keepsTheContract();

    // DeepSeek's chat completions are OpenAI's, so a fake of OpenAI's answers for it.
    const fakes = await startFakes();
    stop = [() => fakes.stop()];
    const url = await startCopy({
      GATEWAY_BOOTSTRAP_KEY: liveKey,
      DEEPSEEK_API_KEY: fakeKeys.openai,
      DEEPSEEK_BASE_URL: fakes.openai.baseUrl,
    });
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'deepseek-chat', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect([answer.status, answer.headers.get('x-gateway-provider')]).toEqual([200, 'deepseek']);
    expect(Number(answer.headers.get('x-gateway-cost-usd'))).toBeGreaterThan(0);
  });
});
