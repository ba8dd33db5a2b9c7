import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawPicture, type Room } from './draw-picture.ts';
import { arrowsUp, type Floors, findFloors } from './find-floors.ts';
import { floors } from './plan.ts';
import { arrowsOf, circlesOf, type House, longFiles, readHouse, roomOf, roomsOf } from './read-house.ts';

/**
 * Draws the house from its imports and prints its counts:
 *
 *     npm run draw:house                                            counts of this clone
 *     npm run draw:house -- --to docs/architecture/house-after.svg     and its picture
 *     npm run draw:house -- --of ../old --to before.svg                of another clone
 */
export function pictureOf(house: House, title: string): string {
  const arrows = arrowsOf(house);
  return drawPicture(title, sizesOf(house), arrows, floorsOf(house));
}

/** The plan's floors, where it has one for each room; for a clone of another time those that its arrows suggest. */
function floorsOf(house: House): Floors {
  const rooms = roomsOf(house);
  return rooms.every((room) => floors.has(room)) ? floors : findFloors(rooms, arrowsOf(house));
}

function sizesOf(house: House): Room[] {
  return roomsOf(house).map((name) => {
    const texts = [...house.files].filter(([file]) => roomOf(file) === name).map(([, text]) => text);
    return { name, files: texts.length, lines: texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0) };
  });
}

export function countsOf(house: House): [what: string, count: number, which: string[]][] {
  const arrows = arrowsOf(house);
  const floorOf = floorsOf(house);
  const up = arrowsUp(arrows, floorOf);
  const circles = circlesOf(house);
  const long = longFiles(house, 300);
  return [
    ['rooms', roomsOf(house).length, []],
    ['floors', Math.max(...floorOf.values()) + 1, []],
    ['arrows', arrows.length, []],
    ['arrows up', up.length, up.map(({ from, to, count }) => `${from} -> ${to} (${count})`)],
    ['circles of values', circles.values.length, circles.values.map((files) => files.join(' '))],
    ['circles of types', circles.types.length, circles.types.map((files) => files.join(' '))],
    ['files over 300 lines', long.length, long.map(({ file, lines }) => `${file} (${lines})`)],
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { of: { type: 'string', default: '.' }, to: { type: 'string' }, title: { type: 'string' } },
  });
  const house = readHouse(values.of);
  for (const [what, count, which] of countsOf(house)) {
    console.log(`${count} ${what}`);
    for (const one of which) console.log(`    ${one}`);
  }
  if (values.to !== undefined)
    writeFileSync(values.to, pictureOf(house, values.title ?? 'The house, drawn from its imports'));
}
