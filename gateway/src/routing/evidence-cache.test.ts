import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EvidenceCache } from './evidence-cache.ts';
import { type EvidenceView, evidenceInPieces } from './evidence-view.ts';
import { rowsInSlice, type Slice } from './slices.ts';
import type { StoredClaim } from './task-claim-store.ts';
import type { TaskRateRow } from './task-rates-store.ts';

afterEach(() => vi.restoreAllMocks());

const taskOf = (n: number): string => n.toString(16).padStart(32, '0');
const rateOf = (n: number, calls = 10): TaskRateRow => ({
  ...{ task: taskOf(n), model: n % 2 === 0 ? 'gpt-6-luna' : 'gpt-6-sol' },
  signal: n % 3 === 0 ? 'retry' : 'error',
  ...{ n: calls, okSum: calls, outTokensSum: 7 * calls, fade: 1 },
});
const claimOf = (n: number): StoredClaim => ({
  ...{ task: taskOf(n), topic: 'classify', weak: 'gpt-6-luna', strong: 'gpt-6-sol', pairs: 5, agreed: 5 },
  ...{ lower: 0.4, upper: 1, recent: '11111', judged: 0, judges: [], isCleared: false, isWithdrawn: false },
  ...{ sampled: 0, comparable: 0, promptVersion: null, versionPairs: 0 },
  updatedAt: new Date(0),
});

/** Rows that note in `looks` when a field of theirs is read. */
function slicesOf<Row extends object>(rows: readonly Row[], looks: Set<object>): Slice<Row>[] {
  const watched = rows.map(
    (row) =>
      new Proxy(row, {
        get: (target, name) => {
          looks.add(row);
          return Reflect.get(target, name);
        },
      }),
  );
  return Array.from({ length: Math.ceil(rows.length / rowsInSlice) }, (_, i) => ({
    read: () => watched.slice(i * rowsInSlice, (i + 1) * rowsInSlice),
  }));
}

describe('evidence of many rows', () => {
  it.each([13_000, 100_000])('is put together a slice of rows in each piece, of %i rows', (count) => {
    const looks = new Set<object>();
    const claimed = Math.round(count / 5);
    const rates = slicesOf(
      Array.from({ length: count - claimed }, (_, n) => rateOf(n)),
      looks,
    );
    const claims = slicesOf(
      Array.from({ length: claimed }, (_, n) => claimOf(n)),
      looks,
    );
    const pieces = evidenceInPieces({ rates, claims, isCurrent: () => true });
    let [most, made] = [0, 0];
    for (;;) {
      looks.clear();
      const step = pieces.next();
      made += 1;
      // The last piece sums up the claims over all tasks, a row for each model.
      if (step.done === true) {
        expect(step.value.rows).toBe(count);
        expect(step.value.view.find('workspace', 'gpt-6-luna')?.pairs).toBe(5 * claimed);
        break;
      }
      most = Math.max(most, looks.size);
    }
    expect(most).toBeLessThanOrEqual(rowsInSlice);
    // Rates are looked at twice, claims once, and each task of each model once.
    expect(made).toBeGreaterThanOrEqual(Math.floor((2 * count) / rowsInSlice));
  });

  it('leaves out the claims of a judge that was changed, and keeps the order of the others', () => {
    const claims = slicesOf([claimOf(3), claimOf(1), claimOf(2)], new Set());
    const pieces = evidenceInPieces({ rates: [], claims, isCurrent: ({ task }) => task !== taskOf(1) });
    let step = pieces.next();
    while (step.done !== true) step = pieces.next();
    expect(step.value.claims.map(({ task }) => task)).toEqual([taskOf(3), taskOf(2)]);
    expect(step.value.view.find({ task: taskOf(1) }, 'gpt-6-luna')).toBeUndefined();
  });
});

describe('calls while the evidence of thirteen thousand rows is read again', () => {
  const [rates, claims] = [10_000, 3_000];
  const samples = [1, 4_999, 9_999].map((n) => ({ task: taskOf(n), model: 'gpt-6-sol' }));
  const found = ({ find }: EvidenceView) => samples.map(({ task, model }) => find({ task }, model)?.n);

  it('have turns between its slices, and see the old evidence until the new is whole', async () => {
    let calls = 10;
    const evidence = new EvidenceCache({ db: dbOf(() => ({ rates, claims, calls })) });
    let isRead = false;
    const first = Promise.resolve(evidence.of('ws', true)).then((view) => {
      isRead = true;
      return view;
    });
    const slices = (rates + claims) / rowsInSlice;
    expect(await turnsUntil(() => isRead)).toBeGreaterThan(2 * slices);
    const before = await first;
    expect(found(before)).toEqual([10, 10, 10]);
    calls = 20;
    evidence.forget('ws');
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    let view = before;
    const turns = await turnsUntil(() => {
      const asked = evidence.of('ws', true);
      if (asked instanceof Promise) throw new Error('a call waits for evidence that is known');
      view = asked;
      expect(found(view)).toEqual(view === before ? [10, 10, 10] : [20, 20, 20]);
      return view !== before;
    });
    expect(turns).toBeGreaterThan(2 * slices);
    expect(view.claimOf(taskOf(claims - 1), 'gpt-6-luna', 'gpt-6-sol')).toMatchObject({ pairs: 5 });
  });
});

async function turnsUntil(isDone: () => boolean): Promise<number> {
  let turns = 0;
  for (; !isDone(); turns++) await nextTurn();
  return turns;
}

/** Answers as Postgres does, without a turn in between. */
function dbOf(now: () => { rates: number; claims: number; calls: number }) {
  const sliced = (count: number, valuesOf: (n: number) => unknown[]): { slice: string }[] =>
    Array.from({ length: Math.ceil(count / rowsInSlice) }, (_, i) => ({
      slice: JSON.stringify(
        Array.from({ length: Math.min(rowsInSlice, count - i * rowsInSlice) }, (_, n) => valuesOf(i * rowsInSlice + n)),
      ),
    }));
  const query = async (sql: string): Promise<{ rows: object[] }> => {
    const { rates, claims, calls } = now();
    if (sql.includes('task_rates'))
      return {
        rows: sliced(rates, (n) => {
          const { task, model, okSum, outTokensSum, fade } = rateOf(n, calls);
          return [task, model, 'error', calls, okSum, outTokensSum, fade];
        }),
      };
    if (sql.includes('task_claims'))
      return {
        rows: sliced(claims, (n) => {
          const { updatedAt, sampled, comparable, promptVersion, versionPairs, ...claim } = claimOf(n);
          return [...Object.values(claim), updatedAt.toISOString(), sampled, comparable, promptVersion, versionPairs];
        }),
      };
    return { rows: [] };
  };
  return { query } as unknown as ConstructorParameters<typeof EvidenceCache>[0]['db'];
}
