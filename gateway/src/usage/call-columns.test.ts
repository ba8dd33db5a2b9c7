import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { runPipeline } from '../db/pipeline.ts';
import {
  type CallColumn,
  type CallRow,
  callColumns,
  copyWriter,
  jsonWriter,
  membersOf,
  namesOf,
  recordsetOf,
  updatesOf,
} from './call-columns.ts';
import { copyCalls, ensureCallPartitions, writeCalls } from './call-store.ts';

const atMs = Date.UTC(2026, 10, 29, 12, 34, 56, 7);
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, atMs);
});
afterAll(() => database.drop());

function call(id: string, more: { open?: Partial<CallRow['open']>; model?: string } = {}): CallRow {
  return {
    open: {
      workspaceId: 'ws_test',
      id,
      createdAtMs: atMs,
      livemode: true,
      keyId: 'key_test',
      tags: { client: 'acme', execution: '7' },
      dialect: 'chat',
      streamed: false,
      modelRequested: 'gpt-4o',
      holdNanos: 12_345_678_901_234_567n,
      inputTokens: 1,
      balanceIds: ['1', '9007199254740993'],
      ...more.open,
    },
    closed: {
      status: 'succeeded',
      model: more.model ?? 'gpt-4o-2024-11-20',
      provider: 'openai',
      attempts: 2,
      usage: { inputTokens: 3, cachedTokens: 1, cacheWriteTokens: 0, outputTokens: 5, reasoningTokens: 2 },
      costNanos: 98_765_432_109_876_543n,
      estimated: true,
      metered: true,
      totalMs: 17,
    },
  };
}

describe('the table of a call’s columns', () => {
  const colour: CallColumn = { name: 'colour', key: 'col', type: 'text', read: () => 'red', isOverwritten: true };

  it('writes bytes in the hex of Postgres, in a line of COPY and in JSON', () => {
    const bytes: CallColumn = { name: 'bytes', key: 'by', type: 'bytea', read: ({ open }) => open.decision?.task };
    const row = call('req_1', { open: { decision: { task: '00ff' } } });
    // COPY reads a backslash as two: https://www.postgresql.org/docs/current/sql-copy.html
    expect(copyWriter([bytes])(row)).toBe('\t\\\\x00ff');
    expect(JSON.parse(jsonWriter([bytes])(row))).toEqual({ by: '\\x00ff' });
    expect([copyWriter([bytes])(call('req_2')), jsonWriter([bytes])(call('req_2'))]).toEqual(['\t\\N', '{}']);
  });

  it('makes a new column of one more entry: COPY line, JSON, recordset and update list follow', () => {
    const columns = [...callColumns, colour];
    expect(namesOf(columns)).toBe(`${namesOf(callColumns)}, colour`);
    expect(membersOf(columns)).toBe(`${membersOf(callColumns)}, r.col`);
    expect(recordsetOf(columns)).toBe(`${recordsetOf(callColumns)}, col text`);
    expect(updatesOf(columns)).toBe(`${updatesOf(callColumns)}, colour = excluded.colour`);
    expect(copyWriter(columns)(call('req_1'))).toBe(`${copyWriter(callColumns)(call('req_1'))}\tred`);
    expect(JSON.parse(jsonWriter(columns)(call('req_1')))).toMatchObject({ col: 'red', id: 'req_1' });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('writes %s, which JSON does not have, as null', (number) => {
    const columns: CallColumn[] = [{ name: 'count', key: 'n', type: 'integer', read: () => number }];
    expect(jsonWriter(columns)(call('req_1'))).toBe('{"n":null}');
  });

  it('has a name and a key of its own for each column', () => {
    expect(new Set(callColumns.map(({ name }) => name)).size).toBe(callColumns.length);
    expect(new Set(callColumns.map(({ key }) => key)).size).toBe(callColumns.length);
  });

  it('has every column of `calls` but the process, which is one for a whole batch', async () => {
    const { rows } = await database.pool.query(
      `select column_name as name from information_schema.columns
       where table_schema = current_schema() and table_name = 'calls' and is_generated = 'NEVER' and column_default is null`,
    );
    const names = (rows as { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => name !== 'process_id').sort()).toEqual(
      expect.arrayContaining(callColumns.map(({ name }) => name).filter((name) => names.includes(name))),
    );
    expect(names).toContain('process_id');
    expect(names.filter((name) => name !== 'process_id' && !callColumns.some((one) => one.name === name))).toEqual([]);
  });

  it.each([
    ['ordinary text', {}],
    ['a time before a whole second', { open: { createdAtMs: atMs + 992 } }],
    ['tabs, line breaks, quotes and backslashes', { model: 'a\tb\nc\rd\\e"f\\n' }],
    ['characters that Postgres does not take', { open: { modelRequested: 'a\0b\ud800c' } }],
    ['emoji and very long text', { open: { tags: { client: '😀', node: 'x'.repeat(2_000) } } }],
    ['no tags and no budgets', { open: { tags: {}, balanceIds: undefined } }],
  ])('arrives the same by COPY and by JSON: %s', async (_, more) => {
    await database.pool.query('truncate calls');
    await runPipeline(database.pool, [copyCalls('proc_1', [call('req_copied', more)])]);
    await writeCalls(database.pool, 'proc_1', [call('req_written', more)]);
    const { rows } = await database.pool.query(
      `select to_jsonb(c) - 'id' as row, created_at as at, id from calls c order by id`,
    );
    const [copied, written] = rows as { row: object; at: Date; id: string }[];
    expect([copied?.id, written?.id]).toEqual(['req_copied', 'req_written']);
    expect(written?.row).toEqual(copied?.row);
    expect(copied?.at.getTime()).toBe(call('any', more).open.createdAtMs);
  });
});
