import pg from 'pg';
import { expect, it } from 'vitest';
import { FailureLog } from './failure-log.ts';

type Ports = ConstructorParameters<typeof FailureLog>[0];

/** Takes statements as Postgres does, and refuses those that `refuses` says. */
function logOf(refuses: (statement: number) => Error | undefined) {
  const written: string[][] = [];
  let statements = 0;
  const query = async (_text: string, [json]: [string]) => {
    statements += 1;
    const error = refuses(statements);
    if (error !== undefined) throw error;
    written.push((JSON.parse(json) as { callId: string }[]).map(({ callId }) => callId));
  };
  const log = { error: () => {}, warn: () => {} } as unknown as Ports['log'];
  return { written, failures: new FailureLog({ db: { query } as unknown as Ports['db'], log }) };
}

function add(failures: FailureLog, from: number, count: number): void {
  for (let n = from; n < from + count; n++)
    failures.add({ workspaceId: 'ws', createdAtMs: 0, callId: `req_${n}`, failures: [] });
}

const callsOf = (from: number, count: number): string[] => Array.from({ length: count }, (_, n) => `req_${from + n}`);

it('failed attempts are written a thousand calls at a time, so that no statement takes long to make', async () => {
  const { written, failures } = logOf(() => undefined);
  add(failures, 0, 2_500);
  await failures.flush();
  expect(written.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  expect(written.flat()).toEqual(callsOf(0, 2_500));
  await failures.flush();
  expect(written).toHaveLength(3);
});

it('failed attempts that cannot be written are written later, before those that came meanwhile', async () => {
  let isAway = true;
  const { written, failures } = logOf((n) => (n > 1 && isAway ? new Error('the database is away') : undefined));
  add(failures, 0, 2_500);
  await failures.flush();
  expect(written.map(({ length }) => length)).toEqual([1_000]);
  add(failures, 2_500, 100);
  isAway = false;
  await failures.flush();
  expect(written.flat()).toEqual(callsOf(0, 2_600));
});

it('calls that Postgres does not take hold up no others', async () => {
  const refused = Object.assign(new pg.DatabaseError('bad row', 0, 'error'), { severity: 'ERROR', code: '22P05' });
  const { written, failures } = logOf((n) => (n === 1 ? refused : undefined));
  add(failures, 0, 1_500);
  await failures.flush();
  await failures.flush();
  expect(written.flat()).toEqual(callsOf(1_000, 500));
});
