import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { spaceOf } from './disk-space.ts';
import { DiskWatch } from './disk-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const lines: { level: number; msg: string }[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as { level: number; msg: string });
      done();
    },
  });
  let free = 500;
  const watch = new DiskWatch({
    folders: ['/data'],
    log: pino(stream),
    now: Date.now,
    read: async () => spaceOf('/data', { bsize: 4096, blocks: 1000, bfree: free, bavail: free }),
  });
  const look = async (next: number, afterMs = 30_000): Promise<string[]> => {
    free = next;
    await vi.advanceTimersByTimeAsync(afterMs);
    lines.length = 0;
    await watch.look();
    return lines.map(({ level, msg }) => `${level} ${msg}`);
  };
  return { look };
}

it('warns once when the disk is nearly full, hourly while it stays so, and says when there is room again', async () => {
  const { look } = watched();
  expect(await look(101)).toEqual([]);
  expect(await look(90)).toEqual([expect.stringMatching(/^40 The disk of \/data is 91 % full/)]);
  expect(await look(80)).toEqual([]);
  expect(await look(70, 3_600_000)).toEqual([expect.stringMatching(/^40 The disk of \/data is 93 % full/)]);
  expect(await look(300)).toEqual(['30 The disk of /data has room again.']);
  expect(await look(300)).toEqual([]);
  expect(await look(50)).toEqual([expect.stringMatching(/^40 The disk of \/data is 95 % full/)]);
});
