import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isLocked, lockFolder } from './folder-lock.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ai-gateway-locks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rounds = 60;
const roundMs = 25;

/** Tries for one folder after the other, each at the moment all others do; answers with those it got. */
const contender = `
  import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)};
  const [folder, first] = process.argv.slice(1);
  const won = [];
  for (let round = 0; round < ${rounds}; round++) {
    while (Date.now() < Number(first) + round * ${roundMs});
    try {
      lockFolder(folder + '/' + round);
      won.push(round);
    } catch (error) {
      if (!/Another gateway/.test(error.message)) throw error;
    }
  }
  process.stdout.write(JSON.stringify(won) + '\\n');
  // A dead process would lose its folders to another one.
  process.stdin.resume();
`;

function contend(startAt: number): { won: Promise<number[]>; end(): void } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', contender, folder, String(startAt)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const won = once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(line) as number[]);
  return { won, end: () => child.stdin.end() };
}

it('of gateways that start at the same instant one gets the folder, also after one that died', async () => {
  for (let round = 0; round < rounds; round++) {
    mkdirSync(join(folder, String(round)));
    if (round % 3 > 0) writeFileSync(join(folder, String(round), 'gateway.pid'), round % 3 === 1 ? '999999 1\n' : '');
  }
  const startAt = Date.now() + 1_500;
  const contenders = [1, 2, 3, 4].map(() => contend(startAt));
  const won = await Promise.all(contenders.map((one) => one.won));
  for (const one of contenders) one.end();
  expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rounds }, (_, round) => round));
  for (let round = 0; round < rounds; round++)
    expect(readdirSync(join(folder, String(round)))).toEqual(['gateway.pid']);
});

it('a folder is free again once its gateway let it go, and a lock names who has it', () => {
  const own = join(folder, 'own');
  mkdirSync(own);
  const lock = lockFolder(own);
  expect(readFileSync(join(own, 'gateway.pid'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  expect(isLocked(own)).toBe(true);
  expect(() => lockFolder(own)).toThrow(`process ${process.pid}`);
  lock.release();
  expect(isLocked(own)).toBe(false);
  lockFolder(own).release();
});
