import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { isRefusal, runPipeline, type Step } from './pipeline.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('create table jots (id integer primary key, text text)');
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate jots'));

function insert(id: number): Step {
  return {
    name: 'insert-jot',
    text: 'insert into jots values ($1, $2) returning id, text',
    values: [String(id), `no. ${id}`],
  };
}

function copy(lines: string): Step {
  return { name: 'copy-jots', text: 'copy jots from stdin', copied: Buffer.from(lines) };
}

async function jots(): Promise<unknown[]> {
  return (await database.pool.query('select id, text from jots order by id')).rows;
}

it('statements and copies are done together, and their rows come back in order', async () => {
  const rows = await runPipeline(database.pool, [insert(1), copy('2\tzwei\n3\t\\N\n'), insert(4)]);
  expect(rows).toEqual([
    ['1', 'no. 1'],
    ['4', 'no. 4'],
  ]);
  expect(await jots()).toEqual([
    { id: 1, text: 'no. 1' },
    { id: 2, text: 'zwei' },
    { id: 3, text: null },
    { id: 4, text: 'no. 4' },
  ]);
});

it.each([
  { name: 'a statement before', steps: [insert(1), insert(1), copy('2\ttwo\n')] },
  { name: 'a statement behind', steps: [copy('2\ttwo\n'), insert(1), insert(1)] },
  { name: 'a row of the copy', steps: [insert(1), copy('2\ttwo\n2\ttwo again\n')] },
  { name: 'a line that is none', steps: [insert(1), copy('two\n')] },
])('nothing is done where one of them is refused: $name', async ({ steps }) => {
  const failure = await runPipeline(database.pool, steps).catch((error: unknown) => error);
  expect(isRefusal(failure)).toBe(true);
  expect(await jots()).toEqual([]);
  // The connection is as good as before, with what was prepared on it.
  await runPipeline(database.pool, [insert(1), copy('2\ttwo\n')]);
  expect(await jots()).toHaveLength(2);
  expect(database.pool.totalCount).toBe(1);
});

it('a connection that is cut is no refusal, and another one takes its place', async () => {
  const cut: Step = { name: 'cut', text: 'select pg_terminate_backend(pg_backend_pid())', values: [] };
  const failure = await runPipeline(database.pool, [insert(1), cut]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(isRefusal(failure)).toBe(false);
  await runPipeline(database.pool, [insert(2)]);
  expect(await jots()).toEqual([{ id: 2, text: 'no. 2' }]);
});
