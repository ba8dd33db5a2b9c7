import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Budget } from '../../gateway/src/budgets/budget.ts';
import { BudgetCache } from '../../gateway/src/budgets/budget-cache.ts';
import { saveBudget } from '../../gateway/src/budgets/budget-change-store.ts';
import { insertBudget } from '../../gateway/src/budgets/budget-store.ts';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { holdProcessLock, type ProcessLock } from '../../gateway/src/db/process-lock.ts';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import type { NewEvent } from '../../gateway/src/events/event.ts';
import { adoptLeases } from '../../gateway/src/ledger/adoption-store.ts';
import type { BudgetBalance } from '../../gateway/src/ledger/budget-balance.ts';
import { CallJournal, type JournalEntry } from '../../gateway/src/ledger/call-journal.ts';
import { type Hold, Ledger } from '../../gateway/src/ledger/ledger.ts';
import { noUsage } from '../../gateway/src/usage/call-record.ts';
import { UnwrittenFile } from '../../gateway/src/usage/unwritten-file.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

/** Says nothing: what goes wrong here is what the tests look at. */
const silent = new Proxy({}, { get: () => () => {} }) as ConstructorParameters<typeof CallJournal>[0]['log'];

/** A workspace in which processes spend money. */
export interface Money {
  database: TestDatabase;
  workspaceId: string;
  now: () => number;
}

let processes = 0;

/** A gateway process as far as money goes: real ledger, real journal, real locks on a real Postgres. */
export class LedgerProcess {
  readonly money: Money;
  /** Calls under way. */
  readonly open: { entry: JournalEntry; hold: Hold }[] = [];
  readonly events: NewEvent[];
  readonly ledger: Ledger;
  readonly views: BudgetCache;
  readonly journal: CallJournal;
  readonly lock: ProcessLock;

  private constructor(money: Money, lock: ProcessLock, events: NewEvent[]) {
    const { pool } = money.database;
    this.money = money;
    this.lock = lock;
    this.events = events;
    this.views = new BudgetCache({ db: pool });
    this.ledger = new Ledger({ db: pool, process: lock, views: this.views, now: money.now });
    this.journal = new CallJournal({
      db: pool,
      processId: lock.id,
      fencingToken: () => lock.fencingToken(),
      log: silent,
      record: async (_tx, more) => void events.push(...more),
      recorded: () => {},
      onFenced: () => this.ledger.fenced(),
      onOverdraft: (balance) => void this.ledger.requestReturnOfAll(balance),
      unwritten: new UnwrittenFile({ dataDir: tmpdir(), processId: lock.id }),
    });
  }

  static async start(money: Money, events: NewEvent[] = []): Promise<LedgerProcess> {
    const id = `proc_${processes++}_${Date.now()}`;
    return new LedgerProcess(money, await holdProcessLock({ connectionString: money.database.url }, id), events);
  }

  /** The balances of the calls of these tests. */
  async balances(): Promise<readonly BudgetBalance[]> {
    const { workspaceId, now } = this.money;
    return this.ledger.balancesFor({ workspaceId, livemode: true, subject: { client_id: 'c' }, atMs: now() });
  }

  /** True when the call was admitted. */
  async call(nanos: bigint, id: string): Promise<boolean> {
    const createdAtMs = this.money.now();
    const hold = await this.ledger.hold(await this.balances(), nanos);
    if (!('nanos' in hold)) return false;
    const entry = this.journal.open({
      workspaceId: this.money.workspaceId,
      id,
      createdAtMs,
      livemode: true,
      keyId: 'k',
      tags: { client: 'c' },
      dialect: 'chat',
      streamed: true,
      modelRequested: 'm',
      holdNanos: nanos,
      inputTokens: 1,
      balanceIds: hold.balances.map((balance) => String(balance.id)),
    });
    await entry.durable();
    this.open.push({ entry, hold });
    return true;
  }

  async settle(costNanos: bigint): Promise<void> {
    const one = this.open.shift();
    if (one === undefined) return;
    await one.entry.close(
      { status: 'succeeded', attempts: 1, usage: noUsage, costNanos, estimated: false, totalMs: 1 },
      this.ledger.settle(one.hold, costNanos),
    );
  }

  /** Its lock is lost, as by a cut connection, and others adopt what it had before it is back. */
  async isTakenForDead(): Promise<void> {
    const { pool } = this.money.database;
    await this.#adopted(async () => {
      await pool.query(
        `select pg_terminate_backend(l.pid) from pg_locks l join processes p on p.lock_number = l.objid
         where l.locktype = 'advisory' and p.id = $1`,
        [this.lock.id],
      );
    });
  }

  /** Others adopt what it left behind, as soon as its lock is free. */
  adopt(): Promise<void> {
    return this.#adopted(async () => {});
  }

  /** How many calls of it others settled now; none while it is alive. */
  adoptOnce(): Promise<number> {
    return withTransaction(this.money.database.pool, (tx) =>
      adoptLeases(tx, [this.lock.id], async (_tx, more) => void this.events.push(...more)),
    );
  }

  async #adopted(before: () => Promise<void>): Promise<void> {
    const { pool } = this.money.database;
    for (let tries = 0; tries < 500; tries++) {
      const { rows } = await pool.query('select lock_number from processes where id = $1', [this.lock.id]);
      if (rows.length === 0) return;
      await before();
      await this.adoptOnce();
    }
    throw new Error('nobody could adopt it');
  }

  /** As by `kill -9`: what it held stays open, what it leased stays leased, until somebody adopts it. */
  async die(): Promise<void> {
    await this.lock.release();
  }

  /** Stops as a gateway does, and its unsettled calls are adopted. */
  async stop(): Promise<void> {
    await this.journal.flush(5_000);
    await this.ledger.stop();
    await this.lock.release();
    await this.adopt();
  }
}

/**
 * Two processes on a database of the file's own, new for each of its tests. After each, what is open is settled at nothing, and the
 * two books must agree.
 */
export function twoProcesses(workspaceId: string, now: () => number = Date.now) {
  let database: TestDatabase | undefined;
  let both: [LedgerProcess, LedgerProcess] | undefined;
  const money: Money = {
    get database() {
      return made(database);
    },
    workspaceId,
    now,
  };
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.pool.query('insert into workspaces (id, name) values ($1, $1)', [workspaceId]);
  });
  afterAll(() => database?.drop());
  beforeEach(async () => {
    await money.database.pool.query('truncate calls, unwritten_calls, meters, budgets');
    both = [await LedgerProcess.start(money), await LedgerProcess.start(money)];
  });
  afterEach(async () => {
    for (const process of made(both)) {
      while (process.open.length > 0) await process.settle(0n);
      await process.stop();
    }
    expect((await compareBooks(money.database.pool)).differences).toEqual([]);
  });
  return {
    money,
    get one() {
      return made(both)[0];
    },
    get other() {
      return made(both)[1];
    },
  };
}

function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there are no processes outside of a test');
  return value;
}

/** Of a thousand nanodollars, without thresholds, unless said otherwise. */
export function newBudget({ database, workspaceId }: Money, name: string, more: Partial<Budget> = {}): Promise<Budget> {
  return insertBudget(database.pool, {
    workspaceId,
    id: `bud_${name.replaceAll(' ', '_')}_${Date.now()}`,
    livemode: true,
    name,
    scope: { client_id: 'c' },
    limitNanos: 1_000n,
    period: 'total',
    timezone: 'UTC',
    thresholds: [],
    onLimit: 'block',
    extraNanos: 0n,
    extraUntilMs: undefined,
    ...more,
  });
}

/** Saves a changed budget. The processes learn of it when the test notifies them. */
export function changeBudget({ database, now }: Money, budget: Budget): Promise<void> {
  return withTransaction(database.pool, (tx) => saveBudget(tx, budget, now()));
}
