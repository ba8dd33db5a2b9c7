import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { builtStatements } from '../architecture/built-statements.ts';
import { pictureOf } from '../architecture/draw-house.ts';
import { arrowsUp } from '../architecture/find-floors.ts';
import { isData } from '../architecture/is-data.ts';
import { bounds, countKept, endWithTheirCall } from '../architecture/kept-maps.ts';
import { arrowsUpAllowed, builtAllowed, floors, longFilesAllowed, moduleStateAllowed } from '../architecture/plan.ts';
import { arrowsOf, circlesIn, circlesOf, longFiles, readHouse, roomOf, roomsOf } from '../architecture/read-house.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const house = readHouse(root);
const arrows = arrowsOf(house);
const shipped = [...house.files].filter(([file]) => /^(gateway|shared)\/src\//.test(file));
const namesOf = (files: readonly (readonly [string, string])[]): string[] => files.map(([file]) => file);
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');

describe('the house', () => {
  it('has a floor for every room, and a room for every place of its plan', () => {
    expect([...floors.keys()].sort()).toEqual(roomsOf(house));
  });

  it('has at most four arrows that run up, each with its reason', () => {
    const up = arrowsUp(arrows, floors).map(({ from, to }) => `${from} -> ${to}`);
    expect(up.sort()).toEqual(Object.keys(arrowsUpAllowed).sort());
    expect(up.length).toBeLessThanOrEqual(4);
  });

  it('has no circle of rooms but those that its arrows up close', () => {
    expect(circlesIn(arrows.filter(({ from, to }) => !(`${from} -> ${to}` in arrowsUpAllowed)))).toEqual([]);
  });

  it('has no circle of files, neither of values nor of types', () => {
    expect(circlesOf(house)).toEqual({ values: [], types: [] });
  });

  it('keeps `shared` free of the gateway, of Node and of everything but zod', () => {
    const foreign = house.imports
      .filter(({ from, to }) => from.startsWith('shared/') && !to.startsWith('shared/') && to !== 'zod')
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(foreign).toEqual([]);
  });

  it('keeps gateway, integrations and their platforms apart: they meet in `shared` alone', () => {
    const place = (file: string): string =>
      /^(gateway\/dashboard|gateway|shared|integrations\/\w+)\//.exec(file)?.[1] ?? '';
    const across = house.imports
      .filter(({ from, to }) => place(to) !== '' && place(to) !== 'shared' && place(from) !== place(to))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(across).toEqual([]);
  });

  it('reads the environment in one file', () => {
    const readers = namesOf(shipped.filter(([, text]) => /process\.env\b/.test(withoutComments(text))));
    // The embedded database hands PATH, and nothing else, to its programs.
    expect(readers.sort()).toEqual(['gateway/src/config.ts', 'gateway/src/db/embedded-postgres.ts']);
  });

  it('has no state of a module that two gateways of one process share, but what is named with a reason', () => {
    const changing = /^(?:export )?(?:let |const \w+(?:: [^=]+)? = new (?:Map|Set)(?:<.*>)?\(\);)/m;
    const holders = namesOf(shipped.filter(([file, text]) => !file.endsWith('.test.ts') && changing.test(text)));
    expect(holders.sort()).toEqual(Object.keys(moduleStateAllowed).sort());
  });

  it('has a bound for each map, set and list that is kept', () => {
    const counted = shipped.flatMap(([file, text]) => {
      const name = /^gateway\/src\/(.*)(?<!\.test)\.ts$/.exec(file)?.[1];
      const count = countKept(text);
      return name === undefined || count === 0 || endWithTheirCall.includes(`${name}.ts`)
        ? []
        : [[`${name}.ts`, count]];
    });
    expect(Object.fromEntries(counted)).toEqual(
      Object.fromEntries(Object.entries(bounds).map(([file, [count]]) => [file, count])),
    );
  });

  it('has a name of its own for each file, and none called index', () => {
    const drawers = namesOf(shipped).filter((file) => /(^|\/)(index|utils|helpers|types|common-utils)\.ts$/.test(file));
    expect(drawers).toEqual([]);
  });

  it('has no file over 300 lines but data, and those that are named with a reason', () => {
    const long = longFiles(house, 300).filter(({ file }) => !isData(house.files.get(file) ?? ''));
    expect(long.map(({ file }) => file).filter((file) => !(file in longFilesAllowed))).toEqual([]);
  });

  it('says in two sentences of each room what it knows and who may call it', () => {
    const folders = roomsOf(house).filter((room) => existsSync(join(root, 'gateway/src', room)));
    const wrong = folders.filter((room) => {
      const path = join(root, 'gateway/src', room, 'README.md');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      const [title, ...rest] = text.trim().split(/\n+/);
      return title !== `# ${room}` || rest.length !== 2 || rest.some((line) => !/^[A-Z`].{40,}\.$/.test(line));
    });
    expect(wrong).toEqual([]);
  });

  it('is drawn from its imports, every room and every arrow', () => {
    const picture = pictureOf(house, 'The house');
    for (const room of roomsOf(house)) expect(picture).toContain(`>${room}</text>`);
    expect(picture.match(/<path d="M[^"]*" fill="none"/g)).toHaveLength(arrows.length);
  });
});

describe('the database', () => {
  it('hears statements from stores and from its own room only', () => {
    const elsewhere = shipped.filter(
      ([file, text]) =>
        !/-store\.ts$/.test(file) &&
        roomOf(file) !== 'db' &&
        (/\.query\(/.test(withoutComments(text)) ||
          /['"`](insert into|update \w+ set|delete from|select ['\w*(][^'"`]*\b(from|pg_\w+\())/i.test(
            withoutComments(text),
          )),
    );
    expect(namesOf(elsewhere)).toEqual([]);
  });

  it('gets no statement that is built from the text of a caller', () => {
    const gateway = new Map(shipped.filter(([file]) => file.startsWith('gateway/')));
    const files = new Set(builtStatements(gateway).map((place) => place.replace(/:\d+$/, '')));
    expect([...files].sort()).toEqual(Object.keys(builtAllowed).sort());
  });

  it('would get one by a name, a piece or a sort order that a caller gives', () => {
    const found = (text: string): string[] => builtStatements(new Map([['a-store.ts', text]]));
    expect(found(`export const f = (db, name) => db.query(\`select * from \${name}\`);`)).toEqual(['a-store.ts:1']);
    expect(found("export const f = (db, by) => db.query('select 1 order by ' + by);")).toEqual(['a-store.ts:1']);
    expect(found("export function f(db, given) { let c = ''; c += given; return db.query('select 1' + c); }")).toEqual([
      'a-store.ts:1',
    ]);
    expect(
      found("const all = 'a, b'; export const f = (db, v) => db.query('select ' + all + ' where a = $1', [v]);"),
    ).toEqual([]);
  });
});
