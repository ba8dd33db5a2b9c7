import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CountingRegistry, startCountingRegistry } from '../support/counting-registry.ts';
import { dashboardBytes } from '../support/dashboard-share.ts';
import { freePort } from '../support/elsewhere.ts';
import {
  canBeCloned,
  type FreshFolder,
  freshClone,
  type Running,
  reachableRegistry,
  sizeOf,
  untilGone,
} from '../support/fresh-clone.ts';

const registry = await reachableRegistry();
const missing =
  registry === undefined ? 'the npm registry does not answer here' : canBeCloned ? undefined : 'no git history here';
const leftOut = missing === undefined ? '' : ` (left out: ${missing})`;

/** Every package that is there, nested ones too, with its scope. */
function installed(clone: string): string[] {
  return readdirSync(join(clone, 'node_modules'), { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const name = /(?:^|node_modules\/)((?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(path)?.[1];
    return name === undefined ? [] : [name];
  });
}

describe.skipIf(missing !== undefined)(`a fresh clone in an empty home${leftOut}`, () => {
  let counting: CountingRegistry;
  let folder: FreshFolder;
  const start = (): Running => folder.run('npm', ['start'], { PORT: '0' });

  beforeAll(async () => {
    counting = await startCountingRegistry(registry);
    folder = freshClone(counting.url);
  });
  afterAll(async () => {
    await counting.stop();
    folder.remove();
  });

  it('installs what the gateway needs and nothing else, says so, starts, answers, and stops with npm', async () => {
    const running = start();
    const { url, seconds } = await running.ready;
    const received = counting.received();
    const modules = sizeOf(join(folder.clone, 'node_modules'));
    console.log(
      `fresh clone: ${(received / 1e6).toFixed(1)} MB received in ${counting.requests()} requests, node_modules ${(modules / 1e6).toFixed(1)} MB, ready after ${seconds.toFixed(1)} s`,
    );
    expect(received).toBeLessThanOrEqual(110e6);
    expect(modules).toBeLessThanOrEqual(170e6);
    const dashboard = dashboardBytes(folder.clone);
    console.log(`fresh clone: the dashboard adds ${(dashboard / 1e6).toFixed(1)} MB`);
    expect(dashboard).toBeGreaterThan(10e6);
    expect(dashboard).toBeLessThanOrEqual(60e6);
    expect(running.printed()).toContain('Built the dashboard in ');
    const there = new Set(installed(folder.clone));
    const pinned = JSON.parse(readFileSync(join(folder.clone, 'gateway/launcher/node-packages.json'), 'utf8')) as {
      name: string;
    }[];
    const foreign = counting.asked().filter((name) => !there.has(name) && !pinned.some((node) => node.name === name));
    expect(foreign).toEqual([]);
    expect(running.printed()).toMatch(/Installing what the gateway needs, once: \d+ packages, about 110 MB …/);
    expect(running.printed()).toMatch(/Installed in \d+ s\./);
    const key = /test {2}(gw_test_\S+)/.exec(running.printed())?.[1] ?? '';
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(answer.status).toBe(200);
    running.kill('SIGTERM');
    await running.ended;
    await untilGone(url);
    // Node's compiled code is kept for the next start.
    expect(readdirSync(join(folder.clone, 'gateway/.runtime/compile-cache')).length).toBeGreaterThan(0);
  }, 240_000);

  it('installs and builds nothing at the second start, nor after a change of the tests’ packages', async () => {
    counting.reset();
    const second = start();
    const { url, seconds } = await second.ready;
    console.log(`second start: ready after ${seconds.toFixed(1)} s`);
    second.kill('SIGTERM');
    await untilGone(url);
    const manifest = join(folder.clone, 'test/package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"version": "0.1.0"', '"version": "0.1.1"'));
    appendFileSync(join(folder.clone, 'pnpm-lock.yaml'), "\n  'of-a-test@1.0.0': {}\n");
    const third = start();
    const after = await third.ready;
    third.kill('SIGTERM');
    await untilGone(after.url);
    expect(counting.requests()).toBe(0);
    expect(second.printed() + third.printed()).not.toMatch(/Installing|Built the dashboard/);
  }, 120_000);

  it('still starts when the installation of everything for `npm test` has failed', async () => {
    const env = { npm_config_registry: `http://127.0.0.1:${await freePort()}/`, npm_config_fetch_retries: '0' };
    const test = folder.run('npm', ['test'], env);
    expect(await test.ended).toBe(1);
    expect(test.printed()).toContain('Installing everything for tests and integrations');
    expect(test.printed()).toContain('Is the npm registry within reach?');
    const again = folder.run('npm', ['start'], { ...env, PORT: '0' });
    const { url } = await again.ready;
    expect(again.printed()).not.toContain('Installing');
    again.kill('SIGTERM');
    await untilGone(url);
    expect(existsSync(join(folder.clone, 'gateway/.runtime/node_modules-for-production'))).toBe(false);
  }, 120_000);
});
