import pg from 'pg';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { BatchQueue, type QueueEntry } from './batch-queue.ts';

interface Note extends QueueEntry {
  text: string;
  final: boolean;
}

function note(text: string, final = true): Note {
  return { text, final, openedAtMs: performance.now(), queued: false, written: 'no', waiting: [] };
}

/** As Postgres refuses a row. */
function refusal(): Error {
  const error = new pg.DatabaseError('refused', 0, 'error');
  error.severity = 'ERROR';
  error.code = '22P02';
  return error;
}

/** A queue that writes with this function, and the texts of the batches it was given. */
function queueOf(write: (texts: string[], tries: number) => void) {
  const batches: string[][] = [];
  const sequences: (bigint | undefined)[] = [];
  const queue = new BatchQueue<Note, { text: string; final: boolean }>({
    log: pino({ level: 'silent' }),
    writer: {
      openDelayMs: 10,
      rowOf: ({ text, final }) => ({ text, final }),
      isFinal: ({ final }) => final,
      write: async (batch) => {
        batches.push(batch.rows.map(({ text }) => text));
        sequences.push(batch.sequence);
        batch.sequence ??= BigInt(batches.length);
        write(batches.at(-1) ?? [], batches.length);
      },
      isDue: () => false,
      onWritten: () => {},
      afterWrite: () => {},
    },
  });
  const put = (entry: Note): Promise<void> => {
    queue.enqueue(entry, 0);
    return queue.wait(entry, true);
  };
  return { queue, put, batches, sequences };
}

it('the queue writes entries of one instant in one batch', async () => {
  const { put, batches } = queueOf(() => {});
  await Promise.all([put(note('a')), put(note('b')), put(note('c'))]);
  expect(batches).toEqual([['a', 'b', 'c']]);
});

it('the queue repeats a batch that fails as it was, and holds back later entries until it is written', async () => {
  const { queue, put, batches, sequences } = queueOf((_texts, tries) => {
    if (tries < 3) throw new Error('the connection is lost');
  });
  const first = put(note('a'));
  await expect.poll(() => queue.available, { timeout: 5_000 }).toBe(false);
  await Promise.all([first, put(note('b'))]);
  expect(batches).toEqual([['a'], ['a'], ['a'], ['b']]);
  expect(sequences).toEqual([undefined, 1n, 1n, undefined]);
  expect(queue.available).toBe(true);
});

it('the queue takes a batch with a refused row apart until the row is by itself', async () => {
  const { put, batches } = queueOf((texts) => {
    if (texts.length > 1 && texts.includes('bad')) throw refusal();
  });
  await Promise.all([put(note('a')), put(note('b')), put(note('bad')), put(note('c'))]);
  expect(batches).toEqual([['a', 'b', 'bad', 'c'], ['a', 'b'], ['bad', 'c'], ['bad'], ['c']]);
});

it('the queue writes an entry that changes during its write once more', async () => {
  const entry = note('early', false);
  const { queue, put, batches } = queueOf((texts) => {
    if (!texts.includes('early')) return;
    entry.text = 'late';
    entry.final = true;
    queue.enqueue(entry, 0);
  });
  await put(entry);
  expect(batches).toEqual([['early'], ['late']]);
});
