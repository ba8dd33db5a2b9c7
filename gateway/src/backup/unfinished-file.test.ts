import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asideOf, removeUnfinished } from './unfinished-file.ts';

test('files that a killed run has left are removed a day later, and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unfinished-'));
  try {
    const [old, running] = [asideOf('monday.backup'), asideOf('tuesday.backup')];
    const others = ['monday.backup', 'notes.unfinished', 'x.unfinished-abcdef.txt'];
    for (const name of [old, running, ...others]) writeFileSync(join(folder, name), '');
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    for (const name of [old, ...others]) utimesSync(join(folder, name), twoDaysAgo, twoDaysAgo);
    await removeUnfinished(join(folder, 'wednesday.backup'));
    expect(readdirSync(folder).sort()).toEqual([running, ...others].sort());
    await removeUnfinished(join(folder, 'missing', 'wednesday.backup'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
