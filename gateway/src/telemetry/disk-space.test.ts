import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskWarning, readDisk, spaceOf } from './disk-space.ts';

const disk = (blocks: number, bfree: number, bavail: number) =>
  spaceOf('/data', { bsize: 4096, blocks, bfree, bavail });

it('warns from 90 % of a disk on, as df counts it', () => {
  expect(diskWarning(disk(1000, 101, 101))).toBeUndefined();
  expect(diskWarning(disk(1000, 100, 100))).toBe(
    'The disk of /data is 90 % full, 410 kB free. Make room or enlarge it: without room for the database no call is answered.',
  );
});

it('counts what only root may use as used', () => {
  // 1,000 blocks, 150 free, of which 100 are root's: 850 used of 900 that others can have.
  expect(disk(1000, 150, 50).usedShare).toBeCloseTo(0.944, 3);
  expect(diskWarning(disk(1000, 150, 50))).toContain('94 % full');
});

it('says 100 % only when nothing is left', () => {
  expect(diskWarning(disk(100_000, 1, 1))).toContain('99 % full');
  expect(diskWarning(disk(1000, 0, 0))).toContain('100 % full, 0 bytes free');
  expect(diskWarning(disk(0, 0, 0))).toContain('100 % full');
});

it('reads the fullest of the disks that the folders are on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-disk-'));
  const one = await readDisk([folder]);
  expect(one.sizeBytes).toBeGreaterThan(one.freeBytes);
  const both = await readDisk([folder, '/']);
  expect(both.usedShare).toBeGreaterThanOrEqual(Math.min(one.usedShare, (await readDisk(['/'])).usedShare));
  await expect(readDisk([join(folder, 'missing')])).rejects.toThrow('ENOENT');
  rmSync(folder, { recursive: true });
});
