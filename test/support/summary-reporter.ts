import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node';
import { seedLine } from './seed.ts';
import {
  type FileOutcome,
  failedFiles,
  lastLine,
  outcomeVariable,
  type RunOutcome,
  secondChances,
} from './test-outcome.ts';

/**
 * Hands the outcome of a run to run-tests.ts, which prints it after it has repeated what failed. A run of vitest alone prints it here: the tests that passed
 * only when repeated, then a last line any machine can read.
 */
export default class SummaryReporter implements Reporter {
  readonly #outcomeFile = process.env[outcomeVariable];

  constructor() {
    // A test that starts a vitest of its own must not write here.
    delete process.env[outcomeVariable];
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const outcome = outcomeOf(modules, errors);
    if (this.#outcomeFile !== undefined) writeFileSync(this.#outcomeFile, JSON.stringify(outcome));
    else {
      const seeds = failedFiles(outcome).length > 0 ? [seedLine] : [];
      process.stdout.write(`\n${[...seeds, ...secondChances(outcome, outcome), lastLine(outcome)].join('\n')}\n`);
    }
  }
}

function outcomeOf(modules: readonly TestModule[], errors: readonly SerializedError[]): RunOutcome {
  const fileOf = ({ VITEST_TEST_PATH: path }: SerializedError): unknown => path;
  const inFile = (path: string): string[] =>
    errors.filter((error) => fileOf(error) === path).map(({ message }) => `(an error outside its tests) ${message}`);
  const known = new Set<unknown>(modules.map(({ moduleId }) => moduleId));
  return {
    files: modules.map((module) => fileOutcome(module, inFile(module.moduleId))),
    strayErrors: errors.filter((error) => !known.has(fileOf(error))).map(({ message }) => message),
  };
}

function fileOutcome(module: TestModule, errors: readonly string[]): FileOutcome {
  const tests = [...module.children.allTests()];
  const named = (state: string): string[] =>
    tests.filter((test) => test.result().state === state).map(({ fullName }) => fullName);
  const passed = named('passed').length;
  const failed = named('failed');
  // A hook that fails leaves its tests unrun: the error is the suite's.
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  const broken = suites
    .filter((suite) => suite.errors().length > 0)
    .map((suite) => (suite.type === 'module' ? '(the file itself)' : `${suite.fullName} (a hook)`));
  return {
    path: module.moduleId,
    name: module.relativeModuleId,
    passed,
    failed: [...failed, ...broken, ...errors],
    skipped: tests.length - passed - failed.length,
    repeated: tests.filter((test) => test.diagnostic()?.flaky).map(({ fullName }) => fullName),
    seconds: module.diagnostic().duration / 1000,
  };
}
