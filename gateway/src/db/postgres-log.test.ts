import { closeSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog, trimLog } from './postgres-log.ts';

// The log was looked at when Postgres started, and never again.
test('a log that is written to all the time begins anew when it is large, and the one before stays beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-log-'));
  const file = join(folder, 'postgres.log');
  const log = openLog(file);
  try {
    writeSync(log, 'a'.repeat(1_000));
    trimLog(file, 1_000);
    expect(statSync(file).size).toBe(1_000);
    writeSync(log, 'b');
    trimLog(file, 1_000);
    writeSync(log, 'c');
    expect(readFileSync(file, 'utf8')).toBe('c');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe(`${'a'.repeat(1_000)}b`);
  } finally {
    closeSync(log);
    rmSync(folder, { recursive: true });
  }
});
