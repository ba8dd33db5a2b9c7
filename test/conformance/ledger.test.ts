import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Budget, limitIn } from '../../gateway/src/budgets/budget.ts';
import { saveBudget } from '../../gateway/src/budgets/budget-change-store.ts';
import { deleteBudget, findBudget } from '../../gateway/src/budgets/budget-store.ts';
import { periodAt } from '../../gateway/src/budgets/period.ts';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import type { NewEvent } from '../../gateway/src/events/event.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { LedgerProcess, newBudget } from '../support/ledger-process.ts';

let database: TestDatabase;
const workspaceId = 'ws_model';

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('insert into workspaces (id, name) values ($1, $1)', [workspaceId]);
});
afterAll(() => database.drop());

const dayMs = 86_400_000;
/** How long the model may take; `FC_RUNS` are more, and take longer. */
const modelMs = Number(process.env.FC_RUNS ?? 25) * 4_000 + 20_000;
/** How far the processes' clock is ahead of ours: a day ends when a script says so. */
let aheadMs = 0;
const now = (): number => Date.now() + aheadMs;

const money = {
  get database(): TestDatabase {
    return database;
  },
  workspaceId,
  now,
};

/** As `pg` sees a pipeline. */
interface PipelineTurn {
  submit(connection: unknown): Error | undefined;
  handleDataRow(message: unknown): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
}

/** From now on the database refuses the journal's fast writes, or takes them and loses the answer. */
function interfere(how: 'refuse' | 'lose the answer'): { met(): number; restore(): void } {
  const { connect } = database.pool;
  let met = 0;
  database.pool.connect = (async (callback?: unknown) => {
    // Statements by themselves ask for a connection with a callback.
    if (callback !== undefined) return (connect as (then: unknown) => unknown).call(database.pool, callback);
    const client = await (connect as () => Promise<pg.PoolClient>).call(database.pool);
    const { query } = client;
    client.query = ((turn: PipelineTurn, ...rest: unknown[]) => {
      if (typeof turn.submit === 'function' && 'handleCopyInResponse' in turn) disturb(turn);
      return (query as (...all: unknown[]) => unknown).call(client, turn, ...rest);
    }) as never;
    const { release } = client;
    client.release = (error) => {
      Object.assign(client, { query, release });
      release.call(client, error);
    };
    return client;
  }) as never;
  const disturb = (turn: PipelineTurn): void => {
    if (how === 'refuse') {
      met += 1;
      turn.submit = () =>
        Object.assign(new pg.DatabaseError('bad row', 0, 'error'), { severity: 'ERROR', code: '22P05' });
      return;
    }
    const { handleDataRow } = turn;
    let isMet = false;
    turn.handleDataRow = (message) => {
      if (!isMet) met += 1;
      isMet = true;
      handleDataRow.call(turn, message);
      turn.handleReadyForQuery = () => turn.handleError(new Error('connection lost'));
    };
  };
  return {
    met: () => met,
    restore: () => {
      database.pool.connect = connect;
    },
  };
}

/** The fault of each statement of a write with events, by its text and its number of calls. */
function withEvents(
  fate: (text: string, rows: number | undefined) => 'go on' | 'refuse' | 'lose the connection' | 'lose the answer',
): { met(): number; restore(): void } {
  const { connect } = database.pool;
  let met = 0;
  database.pool.connect = (async (callback?: unknown) => {
    if (callback !== undefined) return (connect as (then: unknown) => unknown).call(database.pool, callback);
    const client = await (connect as () => Promise<pg.PoolClient>).call(database.pool);
    const { query, release } = client;
    client.query = (async (...args: unknown[]) => {
      const run = () => (query as (...all: unknown[]) => Promise<unknown>).apply(client, args);
      const [first] = args as [string | { text?: string; name?: string; values?: unknown[]; submit?: unknown }];
      if (typeof first !== 'string' && first.submit !== undefined) return run();
      const text = typeof first === 'string' ? first : (first.text ?? '');
      if (text === 'commit') met += 1;
      const isWrite = typeof first !== 'string' && first.name === 'write-calls';
      const rows = isWrite ? (JSON.parse(String(first.values?.[1])) as unknown[]).length : undefined;
      const how = fate(text, rows);
      if (how === 'refuse')
        throw Object.assign(new pg.DatabaseError('bad row', 0, 'error'), { severity: 'ERROR', code: '22P05' });
      if (how === 'lose the connection') throw Object.assign(new Error('connection lost'), { code: '08006' });
      const answer = await run();
      if (how === 'lose the answer') throw Object.assign(new Error('connection lost'), { code: '08006' });
      return answer;
    }) as never;
    client.release = (error) => {
      Object.assign(client, { query, release });
      release.call(client, error);
    };
    return client;
  }) as never;
  return {
    met: () => met,
    restore: () => {
      database.pool.connect = connect;
    },
  };
}

const commands = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ kind: fc.constant('call' as const), at: fc.nat(2), nanos: fc.bigInt(1n, 400n) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('settle' as const),
        at: fc.nat(2),
        share: fc.integer({ min: 0, max: 100 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), at: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('raise' as const), byNanos: fc.bigInt(1n, 500n) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lower' as const), byNanos: fc.bigInt(1n, 300n) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), at: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('midnight' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('calendar' as const),
        period: fc.constantFrom('day' as const, 'total' as const),
        // It is the same day in all of them at noon.
        timezone: fc.constantFrom('UTC', 'Asia/Tokyo', 'America/New_York'),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
);

/** The ledger in thirty lines: what is spent of each count, what each process's open calls hold and of which count, what the limit is. */
class Model {
  limit: bigint;
  day = 0;
  calendar = 'day UTC';
  readonly counts = [{ spent: 0n }];
  readonly held: { nanos: bigint; day: number; count: { spent: bigint } }[][] = [[], [], []];
  readonly settled: { nanos: bigint; day: number }[] = [];
  constructor(limit: bigint) {
    this.limit = limit;
  }
  get count(): { spent: bigint } {
    return this.counts.at(-1) as { spent: bigint };
  }
  get spent(): bigint {
    return this.count.spent;
  }
  get holding(): bigint {
    return this.held.flat().reduce((sum, { nanos, count }) => (count === this.count ? sum + nanos : sum), 0n);
  }
  get free(): bigint {
    return this.limit - this.spent - this.holding;
  }
  hold(at: number, nanos: bigint): void {
    this.held[at]?.push({ nanos, day: this.day, count: this.count });
  }
  settle(at: number, share: number): bigint | undefined {
    const hold = this.held[at]?.shift();
    return hold === undefined ? undefined : this.#spend(hold, (hold.nanos * BigInt(share)) / 100n);
  }
  /** Its open calls are settled at their max cost. */
  die(at: number): void {
    for (const hold of (this.held[at] ?? []).splice(0)) this.#spend(hold, hold.nanos);
  }
  midnight(): void {
    this.day += 1;
    if (this.calendar.startsWith('day')) this.counts.push({ spent: 0n });
  }
  /** The count goes on, with what was settled of its new period's calls. */
  change(period: 'day' | 'total', timezone: string): void {
    if (this.calendar === `${period} ${timezone}`) return;
    this.calendar = `${period} ${timezone}`;
    const own = this.settled.filter(({ day }) => period === 'total' || day === this.day);
    this.count.spent = own.reduce((sum, { nanos }) => sum + nanos, 0n);
  }
  #spend({ day, count }: { day: number; count: { spent: bigint } }, nanos: bigint): bigint {
    count.spent += nanos;
    this.settled.push({ nanos, day });
    return nanos;
  }
}

describe('the ledger, against a model of it', () => {
  it(
    'admits a call exactly when the model has the money, over processes, crashes, raises, lower limits, ends of days and other calendars',
    async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(commands, fc.bigInt(200n, 3_000n), async (script, limit) => {
          runs += 1;
          // Noon: no day ends but by a script.
          aheadMs = dayMs / 2 - (Date.now() % dayMs);
          // A workspace of its own: what was spent in it is what was spent of this budget.
          const workspaceId = `ws_model_${runs}`;
          await database.pool.query('insert into workspaces (id, name) values ($1, $1)', [workspaceId]);
          const own = { ...money, database, workspaceId };
          const budget = await newBudget(own, `model ${runs}`, {
            limitNanos: limit,
            thresholds: [50, 80],
            period: 'day',
          });
          // Before noon.
          await database.pool.query('update budgets set created_at = $2 where id = $1', [
            budget.id,
            new Date(now() - 1),
          ]);
          const events: NewEvent[] = [];
          const start = (): Promise<LedgerProcess> => LedgerProcess.start(own, events);
          const processes = [await start(), await start(), await start()];
          const model = new Model(limit);
          const hearAll = (): Promise<unknown> =>
            Promise.all(processes.map((process) => process.ledger.changed(workspaceId)));
          const change = async (more: Partial<Budget>): Promise<void> => {
            await withTransaction(database.pool, async (tx) => {
              const old = (await findBudget(
                tx,
                { workspaceId, livemode: true, id: budget.id },
                { forUpdate: true },
              )) as Budget;
              await saveBudget(tx, { ...old, ...more }, now());
            });
            await hearAll();
          };
          const limitTo = async (limitNanos: bigint): Promise<void> => {
            model.limit = limitNanos;
            await change({ limitNanos });
          };
          let calls = 0;
          try {
            for (const command of script) {
              switch (command.kind) {
                case 'call': {
                  // Recalls reach the others as notifications do, while the one that asks is waiting.
                  const balanceId = await balanceIdOf(budget.id);
                  const recalls = setInterval(() => {
                    for (const [i, other] of processes.entries())
                      if (i !== command.at)
                        void other.ledger.onReturnRequest(`${balanceId} asker 1000000`).catch(() => {});
                  }, 5);
                  const passed = await processes[command.at]?.call(command.nanos, `req_${runs}_${calls++}`);
                  clearInterval(recalls);
                  expect(passed).toBe(command.nanos <= model.free);
                  if (passed) model.hold(command.at, command.nanos);
                  break;
                }
                case 'settle': {
                  const cost = model.settle(command.at, command.share);
                  if (cost !== undefined) await processes[command.at]?.settle(cost);
                  break;
                }
                case 'die': {
                  const dead = processes[command.at];
                  await dead?.die();
                  await dead?.adopt();
                  model.die(command.at);
                  processes[command.at] = await start();
                  break;
                }
                case 'raise':
                  await limitTo(model.limit + command.byNanos);
                  break;
                case 'lower':
                  await limitTo(model.limit - command.byNanos > 0n ? model.limit - command.byNanos : 1n);
                  break;
                case 'sweep':
                  await processes[command.at]?.ledger.sweep();
                  break;
                case 'midnight':
                  aheadMs += dayMs;
                  model.midnight();
                  break;
                case 'calendar':
                  await change({ period: command.period, timezone: command.timezone });
                  model.change(command.period, command.timezone);
              }
              const row = await standing(budget.id);
              if (row !== undefined) {
                expect(row.spent).toBe(model.spent);
                // A lower limit may find more spent than it allows; it admits nothing more.
                expect(row.spent + model.holding <= model.limit || model.free <= 0n).toBe(true);
              }
            }
            // Each threshold is announced once a day, and only when it is reached, except after a lower limit or in another calendar.
            const reported = events.map(({ percent }) => percent);
            const changed = script.some(({ kind }) => kind === 'lower' || kind === 'raise' || kind === 'calendar');
            if (!changed)
              expect(
                model.counts
                  .flatMap(({ spent }) => [50, 80, 100].filter((percent) => spent * 100n >= limit * BigInt(percent)))
                  .toSorted((a, b) => a - b),
              ).toEqual(reported.toSorted((a = 0, b = 0) => a - b));
            expect((await compareBooks(database.pool)).differences).toEqual([]);
          } finally {
            for (const process of processes) await process.stop();
            await deleteBudget(database.pool, budget);
          }
        }),
        // A failure is reported before the test's own time is over, shrunk as far as the time allows.
        {
          numRuns: Number(process.env.FC_RUNS ?? 25),
          interruptAfterTimeLimit: modelMs - 20_000,
          markInterruptAsFailure: true,
        },
      );
      aheadMs = 0;
    },
    modelMs,
  );

  it('charges a batch that is sent twice once', async () => {
    const events: NewEvent[] = [];
    const process = await LedgerProcess.start(money, events);
    const budget = await newBudget(money, 'twice');
    expect(await process.call(100n, 'req_twice')).toBe(true);
    // The answers to the first two writes are lost after the database has taken them.
    const pipelines = interfere('lose the answer');
    const commits = withEvents((text) => (text === 'commit' && commits.met() === 1 ? 'lose the answer' : 'go on'));
    await process.settle(70n);
    commits.restore();
    pipelines.restore();
    expect([pipelines.met(), commits.met()]).toEqual([1, 2]);
    expect((await standing(budget.id))?.spent).toBe(70n);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
    await process.ledger.stop();
    await process.die();
    await deleteBudget(database.pool, budget);
  });

  it('writes every call of a batch that had to be taken apart, though the connection is lost meanwhile', async () => {
    const process = await LedgerProcess.start(money);
    const budget = await newBudget(money, 'apart');
    const pipelines = interfere('refuse');
    let singles = 0;
    const writes = withEvents((_text, rows) => {
      if (rows === undefined) return 'go on';
      if (rows > 1) return 'refuse';
      singles += 1;
      return singles === 3 ? 'lose the connection' : 'go on';
    });
    for (const id of ['req_apart_1', 'req_apart_2', 'req_apart_3', 'req_apart_4'])
      expect(await process.call(100n, id)).toBe(true);
    await Promise.all([process.settle(10n), process.settle(20n), process.settle(30n), process.settle(40n)]);
    writes.restore();
    pipelines.restore();
    expect(pipelines.met()).toBeGreaterThan(0);
    expect(singles).toBeGreaterThan(4);
    expect((await standing(budget.id))?.spent).toBe(100n);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
    await process.ledger.stop();
    await process.die();
    await deleteBudget(database.pool, budget);
  });

  it('leases money once, though idle balances are swept between the look-up and the hold', async () => {
    const process = await LedgerProcess.start(money);
    const budget = await newBudget(money, 'swept');
    const lookUp = () =>
      process.ledger.balancesFor({ workspaceId, livemode: true, subject: { client_id: 'c' }, atMs: now() });
    const first = await lookUp();
    // As if its tokens had been counted for a minute.
    for (const balance of first) balance.usedAtMs = 0;
    await process.ledger.sweep();
    const second = await lookUp();
    expect(await process.ledger.hold(second, 1_000n)).toHaveProperty('nanos');
    expect(await process.ledger.hold(first, 1_000n)).not.toHaveProperty('nanos');
    await process.ledger.stop();
    await process.die();
    await deleteBudget(database.pool, budget);
  });

  it('leases no money again that calls return under a lowered limit', async () => {
    const [first, second] = [await LedgerProcess.start(money), await LedgerProcess.start(money)];
    const budget = await newBudget(money, 'lowered');
    const limitTo = async (limitNanos: bigint): Promise<void> => {
      await withTransaction(database.pool, (tx) => saveBudget(tx, { ...budget, limitNanos }, now()));
      await Promise.all([first.ledger.changed(workspaceId), second.ledger.changed(workspaceId)]);
    };
    expect(await first.call(300n, 'req_lowered_1')).toBe(true);
    await first.ledger.changed(workspaceId);
    expect(await second.call(400n, 'req_lowered_2')).toBe(true);
    await limitTo(450n);
    await first.settle(0n);
    // The other one holds 400 still.
    expect(await first.call(100n, 'req_lowered_3')).toBe(false);
    expect(await first.call(50n, 'req_lowered_4')).toBe(true);
    await limitTo(1n);
    await second.settle(10n);
    expect(await second.call(1n, 'req_lowered_5')).toBe(false);
    await limitTo(200n);
    expect(await second.call(140n, 'req_lowered_6')).toBe(true);
    expect(await second.call(1n, 'req_lowered_7')).toBe(false);
    for (const process of [first, second]) {
      await process.settle(20n);
      await process.ledger.stop();
      await process.die();
    }
    expect((await standing(budget.id))?.spent).toBe(50n);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
    await deleteBudget(database.pool, budget);
  });

  it('keeps a balance that a call has just looked up', async () => {
    const process = await LedgerProcess.start(money);
    const budget = await newBudget(money, 'kept');
    const lookUp = () =>
      process.ledger.balancesFor({ workspaceId, livemode: true, subject: { client_id: 'c' }, atMs: now() });
    const [first] = await lookUp();
    await process.ledger.sweep();
    expect((await lookUp())[0]).toBe(first);
    await process.die();
    await deleteBudget(database.pool, budget);
  });

  it('reconciles a process that was taken for dead by mistake, without a double charge and without a loss', async () => {
    const events: NewEvent[] = [];
    const process = await LedgerProcess.start(money, events);
    const budget = await newBudget(money, 'fenced');
    expect(await process.call(300n, 'req_fenced')).toBe(true);
    // Others think it dead: its call is settled at what it held, its lease goes back.
    await process.isTakenForDead();
    expect((await standing(budget.id))?.spent).toBe(300n);
    await process.settle(120n);
    expect((await standing(budget.id))?.spent).toBe(120n);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
    await process.die();
    await deleteBudget(database.pool, budget);
    await sleep(1);
  });
});

describe('a period', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'Africa/Cairo',
    'Australia/Lord_Howe',
  ];
  it('holds its moment, follows the one before without a gap, and begins at midnight there, summer time or not', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2035, 0, 1) }),
        (zone, kind, atMs) => {
          const { startMs, endMs = 0 } = periodAt(kind, zone, atMs, 0);
          expect(startMs).toBeLessThanOrEqual(atMs);
          expect(endMs).toBeGreaterThan(atMs);
          expect(periodAt(kind, zone, endMs, 0).startMs).toBe(endMs);
          expect(periodAt(kind, zone, startMs - 1, 0).endMs).toBe(startMs);
          const local = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone,
            hour: '2-digit',
            minute: '2-digit',
            weekday: 'short',
            day: 'numeric',
          });
          const parts = Object.fromEntries(local.formatToParts(startMs).map(({ type, value }) => [type, value]));
          // Where a zone skips midnight its day begins an hour later.
          expect(['00:00', '01:00', '24:00']).toContain(`${parts.hour}:${parts.minute}`);
          if (kind === 'week') expect(parts.weekday).toBe('Mon');
          if (kind === 'month') expect(parts.day).toBe('1');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is twenty-three and twenty-five hours long where the clocks change', () => {
    const hours = (day: string): number => {
      const { startMs, endMs = 0 } = periodAt('day', 'Europe/Berlin', Date.parse(`${day}T12:00:00Z`), 0);
      return (endMs - startMs) / 3_600_000;
    };
    expect([hours('2026-03-29'), hours('2026-10-25'), hours('2026-06-01')]).toEqual([23, 25, 24]);
  });

  it('takes a raise for this period with it when it ends', () => {
    const budget = { limitNanos: 10n, extraNanos: 5n, extraUntilMs: 1_000 } as Budget;
    expect([limitIn(budget, 1_000), limitIn(budget, 2_000)]).toEqual([15n, 10n]);
  });
});

async function standing(budgetId: string): Promise<{ spent: bigint; leased: bigint } | undefined> {
  const { rows } = await database.pool.query(
    // Unposted money is spent.
    `select (spent_nanos + coalesce((select sum(spent_nanos) from unposted_meters() u where u.meter_id = m.id), 0))::bigint as spent_nanos,
       leased_nanos
     from meters m where budget_id = $1 and (period_end is null or period_end > $2)`,
    [budgetId, new Date(now())],
  );
  const [row] = rows as { spent_nanos: bigint; leased_nanos: bigint }[];
  return row && { spent: row.spent_nanos, leased: row.leased_nanos };
}

async function balanceIdOf(budgetId: string): Promise<bigint> {
  const { rows } = await database.pool.query('select id from meters where budget_id = $1 order by id desc limit 1', [
    budgetId,
  ]);
  return (rows[0] as { id: bigint } | undefined)?.id ?? 0n;
}
