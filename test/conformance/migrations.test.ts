import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { migrationsOfLastRelease, noLastRelease } from '../support/last-release.ts';

const folder = fileURLToPath(new URL('../../gateway/sql', import.meta.url));
const leftOut = noLastRelease === undefined ? '' : ` (left out: ${noLastRelease})`;

/** Statements without comments, in lower case. */
function statementsOf(file: string): string[] {
  return readFileSync(`${folder}/${file}`, 'utf8')
    .replaceAll(/--.*$/gm, '')
    .toLowerCase()
    .split(';')
    .map((statement) => statement.trim().replaceAll(/\s+/g, ' '));
}

/**
 * Statements that remove something that a running process of the last release may read or write. Tables and columns that came after it are
 * nobody's but ours.
 */
function takesAway(statement: string, since: ReadonlySet<string>): boolean {
  const [, table = ''] = /^alter table (?:if exists )?(\w+)/.exec(statement) ?? [];
  if (/^drop table (?:if exists )?(\w+)/.test(statement))
    return !since.has(/(\w+)(?: cascade)?$/.exec(statement)?.[1] ?? '');
  if (table === '' || since.has(table)) return false;
  if (/\badd column \w+ [^,]*\bnot null\b(?![^,]*\bdefault\b)/.test(statement)) return !/\bdefault\b/.test(statement);
  return /\b(drop column|rename (to|column)|alter column \w+ (type|set data type|set not null|drop default))\b/.test(
    statement,
  );
}

it.skipIf(noLastRelease !== undefined)(
  `a migration since the last release only adds, so that both versions run beside each other${leftOut}`,
  () => {
    const before = new Set(migrationsOfLastRelease());
    const added = readdirSync(folder).filter((file) => file.endsWith('.sql') && !before.has(file));
    expect([...before].filter((file) => !readdirSync(folder).includes(file))).toEqual([]);
    const since = new Set(
      added
        .flatMap(statementsOf)
        .flatMap((statement) => /^create table (?:if not exists )?(\w+)/.exec(statement)?.[1] ?? []),
    );
    const wrong = added.flatMap((file) =>
      statementsOf(file)
        .filter((statement) => takesAway(statement, since))
        .map((statement) => `${file}: ${statement}`),
    );
    expect(wrong).toEqual([]);
  },
);

it('a column that the last release needs is not dropped, renamed, retyped or forced', () => {
  const since = new Set(['fresh']);
  for (const statement of [
    'alter table calls drop column model',
    'alter table calls rename column model to name',
    'alter table calls rename to requests',
    'alter table calls alter column model set not null',
    'alter table calls alter column attempts type integer',
    'alter table calls add column more text not null',
    'drop table meters',
  ])
    expect([statement, takesAway(statement, since)]).toEqual([statement, true]);
  for (const statement of [
    "alter table calls add column more text not null default ''",
    'alter table calls alter column model drop not null',
    'alter table fresh rename column a to b',
    'drop table fresh',
    'create table other (a text not null)',
  ])
    expect([statement, takesAway(statement, since)]).toEqual([statement, false]);
});
