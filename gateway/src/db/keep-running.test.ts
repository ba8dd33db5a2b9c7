import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepRunning } from './keep-running.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched({ isWaiting }: { isWaiting?: () => boolean } = {}) {
  const children: EventEmitter[] = [];
  const said: string[] = [];
  const start = (): { child: ChildProcess; ready: Promise<void> } => {
    const child = new EventEmitter();
    children.push(child);
    return { child: child as ChildProcess, ready: Promise.resolve() };
  };
  const kept = keepRunning(start().child, {
    start,
    watch: {
      ended: () => said.push('ended'),
      back: () => said.push('back'),
      isWaiting: isWaiting ?? (() => false),
      givenUp: () => said.push('given up'),
    },
  });
  const die = async (afterMs: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(afterMs);
    children.at(-1)?.emit('exit', null, 'SIGKILL');
  };
  return { children, said, kept, die };
}

it('what dies now and then is always started again', async () => {
  const { children, said, die } = watched();
  for (let death = 0; death < 30; death++) await die(120_000);
  await vi.advanceTimersByTimeAsync(100);
  expect(children).toHaveLength(31);
  expect(said).not.toContain('given up');
});

it('what dies again and again is started later and later, and given up in the end', async () => {
  const { children, said, die } = watched();
  for (let death = 0; death < 12; death++) await die(5_000);
  expect(said).not.toContain('given up');
  await die(5_000);
  expect(said.at(-1)).toBe('given up');
  await vi.advanceTimersByTimeAsync(600_000);
  expect(children).toHaveLength(13);
});

it('what cannot start before there is room on the disk is tried without end, and given up when that is not the reason', async () => {
  let isFull = true;
  const { children, said, die } = watched({ isWaiting: () => isFull });
  for (let death = 0; death < 50; death++) await die(5_000);
  expect(said).not.toContain('given up');
  expect(children).toHaveLength(50);
  isFull = false;
  await die(5_000);
  expect(said.at(-1)).toBe('given up');
});

it('what was let go stays down', async () => {
  const { children, said, kept, die } = watched();
  expect(kept.release()).toBe(children[0]);
  await die(1_000);
  await vi.advanceTimersByTimeAsync(600_000);
  expect([children.length, said]).toEqual([1, []]);
});
