import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { spreadTables } from '../../gateway/src/cli/spread.ts';

/**
 * A database spread by Citus has the rows of a workspace on one worker, and feedback, the sums of experiments and of prompts on the coordinator.
 * Citus sends a statement to a worker where each spread table is bound to the workspace. A table of the coordinator travels there first, as far
 * as its own conditions say which rows: none of them may ask the row of a spread table.
 */
const source = new URL('../../gateway/src/', import.meta.url);
const stores = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('-store.ts'))
  .map((file) => ({ file, text: readFileSync(new URL(file, source), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\//g, '') }));
const everything = stores.map(({ text }) => text).join('\n');

const migrations = new URL('../../gateway/sql/', import.meta.url);
const tables = readdirSync(migrations).flatMap((file) =>
  [...readFileSync(new URL(file, migrations), 'utf8').matchAll(/create table (?:if not exists )?(\w+)/g)].flatMap(
    ([, name]) => name ?? [],
  ),
);
/** Every worker has a copy of these. */
const copied = ['clients', 'dropped_months'];
const spread: readonly string[] = spreadTables;
const ofCoordinator = tables.filter((table) => !spread.includes(table) && !copied.includes(table));
const named = (names: readonly string[]): RegExp => new RegExp(`\\b(?:from|join) (?:${names.join('|')})\\b`);

/** A condition may be a constant of a store, or made by a function of one. */
function namesWorkspace(condition: string): boolean {
  if (/\bworkspace_id\b/.test(condition)) return true;
  return [...condition.matchAll(/\$\{(\w+)/g)].some(([, name]) =>
    new RegExp(`const ${name} = [^;]{0,200}workspace_id`).test(everything),
  );
}

/** Joins with a spread table, each with its conditions up to the end of its `where`. */
function joinsIn(text: string): string[] {
  return [...text.matchAll(new RegExp(`\\bjoin (?:${spread.join('|')})\\b`, 'g'))].map(
    ({ index }) => /^[\s\S]*?(?=group by|order by|union all|returning|`|$)/.exec(text.slice(index))?.[0] ?? '',
  );
}

/** The texts in parentheses that begin with `select`. */
function subqueriesIn(text: string): string[] {
  return [...text.matchAll(/\(\s*select\b/g)].map(({ index }) => {
    let open = 0;
    for (let at = index; at < text.length; at++) {
      if (text[at] === '(') open += 1;
      if (text[at] === ')') open -= 1;
      if (open === 0) return text.slice(index, at);
    }
    return text.slice(index);
  });
}

/** Reads a table of the coordinator, and in it names a column of a spread table that is read around it. */
function asksSpreadRow(subquery: string): boolean {
  if (!named(ofCoordinator).test(subquery) || named(spread).test(subquery)) return false;
  return spread.some((table) => new RegExp(`\\b${table}\\.\\w`).test(subquery));
}

it('every join with a table that is spread names the workspace', () => {
  const joins = stores.flatMap(({ file, text }) => joinsIn(text).map((join) => ({ file, join })));
  expect(joins.length).toBeGreaterThan(5);
  expect(joins.filter(({ join }) => !namesWorkspace(join))).toEqual([]);
});

it('no table of the coordinator is looked at for each row of one that is spread', () => {
  const subqueries = stores.flatMap(({ file, text }) => subqueriesIn(text).map((subquery) => ({ file, subquery })));
  expect(subqueries.length).toBeGreaterThan(100);
  expect(subqueries.filter(({ subquery }) => asksSpreadRow(subquery))).toEqual([]);
  // As experiments and prompts once read opinions.
  const once = '(select avg(score) from feedback f where f.workspace_id = calls.workspace_id and f.call_id = calls.id)';
  expect(subqueriesIn(once).some(asksSpreadRow)).toBe(true);
  expect(joinsIn('from feedback f join calls c on c.id = f.call_id').some(namesWorkspace)).toBe(false);
});
