import type { Pool } from 'pg';
import { areRegistered } from '../db/process-lock.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import { type FiledCall, listFiles, takeFile, type UnwrittenFile } from '../usage/unwritten-file.ts';
import {
  dropFiledPosting,
  findFiledPosting,
  lockUnwritten,
  type UnwrittenRecord,
  writeUnwritten,
} from '../usage/unwritten-store.ts';
import type { Charge } from './charge.ts';
import { chargeBalances, lockBalances, lockCall } from './charge-store.ts';

interface UnwrittenPorts {
  db: Pool;
  processId: string;
  dataDir: string;
  unwritten: UnwrittenFile;
  outbox: Outbox;
}

/**
 * Takes the calls of files into `unwritten_calls`, as soon as that accepts them: the calls of this process, and of processes that are
 * gone.
 */
export async function takeInUnwritten(services: UnwrittenPorts): Promise<void> {
  await services.unwritten.takeOut((calls) => takeIn(services, async () => calls));
  const others = (await listFiles(services.dataDir)).filter(({ processId }) => processId !== services.processId);
  if (others.length === 0) return;
  const registered = await areRegistered(
    services.db,
    others.map(({ processId }) => processId),
  );
  // The open calls of a process are adopted first: then the database has what they were charged.
  for (const { processId, path } of others)
    if (!registered.has(processId))
      await takeFile(path, (read) => takeIn(services, async () => (await read()).map(ended)));
}

/** The open call of a process that is gone never ends: it costs the most it could have. */
function ended({ call, isPosted }: FiledCall): FiledCall {
  if (call.status !== 'open') return { call, isPosted };
  return { call: { ...call, status: 'interrupted', costNanos: call.holdNanos }, isPosted: false };
}

/** A file may come twice: its reader was killed before it was removed, or two processes have read it at the same moment. */
function takeIn(
  services: Pick<UnwrittenPorts, 'db' | 'outbox'>,
  read: () => Promise<readonly FiledCall[]>,
): Promise<boolean> {
  return withTransaction(services.db, async (tx) => {
    if (!(await lockUnwritten(tx))) return false;
    const calls = await read();
    if (calls.length === 0) return true;
    const charges: Charge[] = [];
    for (const filed of calls) {
      const nanos = await missingCharge(tx, filed);
      if (nanos !== 0n) charges.push(...chargesOf(filed.call, nanos));
    }
    const sums = new Map<bigint, bigint>();
    for (const { balanceId, spentNanos } of charges) sums.set(balanceId, (sums.get(balanceId) ?? 0n) + spentNanos);
    await lockBalances(tx, [...sums.keys()]);
    const postings = [...sums].map(([balanceId, spentNanos]) => ({ balanceId, spentNanos, leasedNanos: 0n }));
    const { events } = await chargeBalances(tx, { postings, charges });
    await writeUnwritten(
      tx,
      calls.map(({ call }) => call),
    );
    for (const { call } of calls) if (call.status !== 'open') await dropFiledPosting(tx, callKey(call));
    await services.outbox.record(tx, events);
    return true;
  });
}

/** The amount its balances lack. A call that is settled in the database lacks nothing, whatever the file says. */
async function missingCharge(tx: Db, { call, isPosted }: FiledCall): Promise<bigint> {
  if (call.status === 'open') return 0n;
  const before = await lockCall(tx, callKey(call));
  const posted = isPosted ? BigInt(call.costNanos) : ((await findFiledPosting(tx, callKey(call))) ?? 0n);
  const unposted = BigInt(call.costNanos) - posted;
  if (before === undefined || before.status === 'open') return unposted;
  // Its adopter has charged the most it could have cost.
  return before.status === 'interrupted' ? unposted - before.costNanos : 0n;
}

function callKey({ workspaceId, createdAt, id }: UnwrittenRecord): {
  workspaceId: string;
  createdAtMs: number;
  id: string;
} {
  return { workspaceId, createdAtMs: Date.parse(createdAt), id };
}

function chargesOf({ meters, call }: UnwrittenRecord, spentNanos: bigint): Charge[] {
  const text = (name: string): string | undefined => {
    const value = call[name];
    return typeof value === 'string' ? value : undefined;
  };
  const tags = {
    client: text('c'),
    project: text('p'),
    scenario: text('s'),
    platform: text('pf'),
    execution: text('e'),
  };
  return (meters ?? []).map((balanceId) => ({ balanceId: BigInt(balanceId), spentNanos, tags }));
}
