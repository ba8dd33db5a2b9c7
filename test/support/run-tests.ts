import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seedLine } from './seed.ts';
import {
  type FileOutcome,
  failedFiles,
  lastLine,
  outcomeVariable,
  type RunOutcome,
  secondChances,
  slowestFiles,
  withSecondRuns,
} from './test-outcome.ts';

/**
 * `npm test`: all tests; then, in CI, each file that failed once more, alone and in a new process. vitest's own `retry` repeats a test, and not the
 * `beforeAll` that failed on a busy machine. A file that fails twice fails the run.
 */
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

/** A machine where everything fails is not asked for everything twice. */
const repeatsEndAfterMs = 15 * 60_000;

interface Run {
  code: number;
  /** Undefined where the run did not come to its end, or was asked for other reporters. */
  outcome: RunOutcome | undefined;
}

async function runVitest(args: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'outcome-'));
  const file = join(folder, 'outcome.json');
  try {
    const code = await new Promise<number>((resolve) => {
      const child = spawn(process.execPath, [vitest, 'run', ...args], {
        stdio: 'inherit',
        env: { ...process.env, [outcomeVariable]: file },
      });
      const stop = (): void => {
        child.kill('SIGTERM');
      };
      process.on('SIGTERM', stop);
      child.on('exit', (exitCode) => {
        process.off('SIGTERM', stop);
        resolve(exitCode ?? 1);
      });
    });
    return { code, outcome: readOutcome(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readOutcome(file: string): RunOutcome | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function repeatFailedFiles(first: RunOutcome): Promise<FileOutcome[]> {
  const second: FileOutcome[] = [];
  const endsAt = performance.now() + repeatsEndAfterMs;
  for (const { path, name } of failedFiles(first)) {
    if (performance.now() > endsAt) {
      console.log(`\nToo many files failed: ${name} and those after it do not run once more.`);
      break;
    }
    console.log(`\nFailed, runs once more, alone: ${name}`);
    const { outcome } = await runVitest([path, '--maxWorkers=1']);
    const again = outcome?.files.find((file) => file.path === path);
    if (again !== undefined && outcome?.strayErrors.length === 0) second.push(again);
  }
  return second;
}

// Ctrl-C reaches vitest by itself; this process waits for its end.
process.on('SIGINT', () => {});
const args = process.argv.slice(2);
const { code, outcome: first } = await runVitest(args);
if (first === undefined) process.exit(code);
// With options (a name of tests, watching) somebody looks for something: the run is what they asked for.
const repeats = process.env.CI !== undefined && code !== 0 && !args.some((arg) => arg.startsWith('-'));
const last = repeats ? withSecondRuns(first, await repeatFailedFiles(first)) : first;
// The first run counts them all; a single file needs no list.
const slowest = first.files.length > 30 ? [slowestFiles(first, 30)] : [];
const seeds = failedFiles(first).length > 0 ? [seedLine] : [];
console.log(`\n${[...slowest, ...seeds, ...secondChances(first, last), lastLine(last)].join('\n')}`);
const allPassed = failedFiles(last).length === 0 && last.strayErrors.length === 0;
// A code of vitest's that no file accounts for (no tests at all) counts as it is.
const accountedFor = failedFiles(first).length > 0;
process.exitCode = allPassed && (code === 0 || accountedFor) ? 0 : 1;
