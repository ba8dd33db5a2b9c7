import { GatewayError } from '@ai-gateway/shared/errors';
import { expect, it } from 'vitest';
import { RefusalLog } from './refusal-log.ts';

type Ports = ConstructorParameters<typeof RefusalLog>[0];
type Refused = Parameters<RefusalLog['add']>[0];

/** Takes statements as Postgres does, and refuses those that `isAway` says. */
function logOf(isAway: (statement: number) => boolean, waitFor: (statement: number) => Promise<void> = async () => {}) {
  const written: { clientId: string; count: number }[][] = [];
  let statements = 0;
  const query = async (_text: string, [json]: [string]) => {
    statements += 1;
    if (isAway(statements)) throw new Error('the database is away');
    await waitFor(statements);
    written.push(JSON.parse(json) as { clientId: string; count: number }[]);
  };
  // All that a refusal says of its caller.
  const caller = { workspaceId: 'ws', livemode: true, keyId: 'key', lockedTags: [] } as unknown as Refused['caller'];
  const ports = { db: { query }, log: { warn: () => {}, error: () => {} }, onWritten: () => {} } as unknown as Ports;
  const refusals = new RefusalLog(ports);
  const add = (n: number): void =>
    refusals.add(
      {
        id: `req_${n}`,
        caller,
        tags: { client: `client ${n}` },
        model: 'gpt-4o-mini',
      },
      new GatewayError('rate_limited', 'Too many calls.'),
      0,
    );
  return { written, refusals, add };
}

it('refusals are written five hundred rows at a time, so that no statement takes long to make', async () => {
  const { written, refusals, add } = logOf(() => false);
  for (let n = 0; n < 1_200; n++) add(n);
  await refusals.flush();
  expect(written.map(({ length }) => length)).toEqual([500, 500, 200]);
  expect(new Set(written.flat().map(({ clientId }) => clientId)).size).toBe(1_200);
  await refusals.flush();
  expect(written).toHaveLength(3);
});

it('refusals that cannot be written are written later, together with those that came meanwhile', async () => {
  let isAway = true;
  const { written, refusals, add } = logOf((statement) => statement > 1 && isAway);
  for (let n = 0; n < 1_200; n++) add(n);
  await refusals.flush();
  expect(written.map(({ length }) => length)).toEqual([500]);
  add(700);
  isAway = false;
  await refusals.flush();
  const counts = new Map(written.flat().map(({ clientId, count }) => [clientId, count]));
  expect(counts.size).toBe(1_200);
  expect([counts.get('client 0'), counts.get('client 700'), counts.get('client 701')]).toEqual([1, 2, 1]);
});

// The job's write was overtaken by a reader's: the row then ended with the older request ids.
it('a reader waits for what the job is writing, and the latest refusals are written last', async () => {
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { written, refusals, add } = logOf(
    () => false,
    (statement) => (statement === 1 ? held : Promise.resolve()),
  );
  add(1);
  const job = refusals.flush();
  await new Promise((resolve) => setImmediate(resolve));
  add(2);
  let isRead = false;
  const reader = refusals.flush().then(() => {
    isRead = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([written.length, isRead]).toEqual([0, false]);
  goOn();
  await Promise.all([job, reader]);
  expect(written.map((rows) => rows.map(({ clientId }) => clientId))).toEqual([['client 1'], ['client 2']]);
});
