/** The result of a run of vitest in one file. */
export interface FileOutcome {
  /** Absolute. */
  path: string;
  /** The path as people read it, from the project's root. */
  name: string;
  passed: number;
  /** Tests that failed, and each hook or file that failed before its tests ran. */
  failed: readonly string[];
  skipped: number;
  /** Tests that passed only when vitest repeated them. */
  repeated: readonly string[];
  /** How long its tests and hooks took. */
  seconds: number;
}

export interface RunOutcome {
  files: readonly FileOutcome[];
  /** Errors outside all tests that name no file. */
  strayErrors: readonly string[];
}

/** The variable that names the file where the reporter leaves a run's outcome as JSON. */
export const outcomeVariable = 'TEST_OUTCOME_FILE';

export function failedFiles({ files }: RunOutcome): FileOutcome[] {
  return files.filter(({ failed }) => failed.length > 0);
}

/** The run as it reads after failed files ran once more: the second outcome replaces the first. */
export function withSecondRuns(first: RunOutcome, second: readonly FileOutcome[]): RunOutcome {
  return {
    strayErrors: first.strayErrors,
    files: first.files.map((file) => second.find(({ path }) => path === file.path) ?? file),
  };
}

/** The tests that passed only on a second run, a line each, by file and test. */
export function secondChances(first: RunOutcome, last: RunOutcome): string[] {
  const nameOf = (file: FileOutcome, test: string): string =>
    `failed once, passed when repeated: ${file.name} > ${test}`;
  const repeated = last.files.flatMap((file) => file.repeated.map((test) => nameOf(file, test)));
  const rerun = failedFiles(first).flatMap((file) => {
    const now = last.files.find(({ path }) => path === file.path);
    if (now === undefined || now.failed.length > 0) return [];
    return file.failed.map((test) => `${nameOf(file, test)} (the file ran once more, alone)`);
  });
  return [...repeated, ...rerun];
}

/** The files that took longest, in a line: where the minutes of a long run go. */
export function slowestFiles({ files }: RunOutcome, count: number): string {
  const slowest = [...files].sort((one, other) => other.seconds - one.seconds).slice(0, count);
  return `slowest: ${slowest.map(({ name, seconds }) => `${name} ${Math.round(seconds)} s`).join(', ')}`;
}

/** The last line of a run, which any machine can read: `12 passed, 0 failed, 1 skipped`. */
export function lastLine({ files, strayErrors }: RunOutcome): string {
  const sum = (of: (file: FileOutcome) => number): number => files.reduce((total, file) => total + of(file), 0);
  const skipped = sum((file) => file.skipped);
  const failed = sum((file) => file.failed.length) + strayErrors.length;
  return `${sum((file) => file.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
