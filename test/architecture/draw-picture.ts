import type { Floors } from './find-floors.ts';
import type { Arrow } from './read-house.ts';

export interface Room {
  name: string;
  files: number;
  lines: number;
}

const width = 1600;
const floorHeight = 104;
const boxHeight = 44;
const top = 76;
const side = 60;

interface Box extends Room {
  x: number;
  y: number;
  width: number;
}

/** An SVG: rooms as boxes on their floors, the roof first; an arrow a pair of rooms, thicker for more imports, red where it runs up. */
export function drawPicture(title: string, rooms: readonly Room[], arrows: readonly Arrow[], floors: Floors): string {
  const boxes = placeBoxes(rooms, arrows, floors);
  const height = top + (Math.max(...floors.values()) + 1) * floorHeight;
  const isUp = ({ from, to }: Arrow): boolean => (floors.get(to) ?? 0) > (floors.get(from) ?? 0);
  const lines = arrows.map((arrow) => drawArrow(arrow, boxes, isUp(arrow)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" role="img">`,
    `<title>${title}</title>`,
    '<defs>',
    marker('down', '#4a6fa5'),
    marker('up', '#d1242f'),
    '</defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...floorBands(floors),
    `<text x="${side}" y="34" font-size="20" font-weight="600" fill="#1f2328">${title}</text>`,
    `<text x="${side}" y="56" font-size="13" fill="#59636e">An arrow runs from a room to one that it imports. Arrows up are red; dashed ones are types only.</text>`,
    // Those that run up last, so that they lie on top.
    ...lines.filter((_, index) => !isUp(arrows[index] ?? { from: '', to: '', count: 0, typeOnly: true })),
    ...[...boxes.values()].map(drawBox),
    ...lines.filter((_, index) => isUp(arrows[index] ?? { from: '', to: '', count: 0, typeOnly: true })),
    '</svg>',
    '',
  ].join('\n');
}

function marker(name: string, color: string): string {
  return `<marker id="${name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5 8 4 0 7.5z" fill="${color}"/></marker>`;
}

function floorBands(floors: Floors): string[] {
  const highest = Math.max(...floors.values());
  return [...Array(highest + 1).keys()].flatMap((floor) => {
    const y = top + (highest - floor) * floorHeight;
    return [
      `<rect x="0" y="${y}" width="${width}" height="${floorHeight}" fill="${floor % 2 === 0 ? '#f6f8fa' : '#ffffff'}"/>`,
      `<text x="14" y="${y + 22}" font-size="12" fill="#8b949e">${floor}</text>`,
    ];
  });
}

/** Rooms of a floor in the order of the middle of what they are joined to above, so that arrows cross less. */
function placeBoxes(rooms: readonly Room[], arrows: readonly Arrow[], floors: Floors): Map<string, Box> {
  const highest = Math.max(...floors.values());
  const boxes = new Map<string, Box>();
  for (let floor = highest; floor >= 0; floor -= 1) {
    const middle = ({ name }: Room): number => {
      const above = arrows.filter(({ from, to }) => to === name && boxes.has(from)).map(({ from }) => boxes.get(from));
      const centres = above.map((box) => (box === undefined ? 0 : box.x + box.width / 2));
      return centres.length === 0 ? width / 2 : centres.reduce((sum, x) => sum + x, 0) / centres.length;
    };
    const here = rooms.filter(({ name }) => floors.get(name) === floor).toSorted((a, b) => middle(a) - middle(b));
    const widths = here.map(({ name, lines }) => Math.max(118, name.length * 8.5 + 28, Math.sqrt(lines) * 2.4));
    const gap = (width - 2 * side - widths.reduce((sum, one) => sum + one, 0)) / (here.length + 1);
    let x = side + gap;
    for (const [index, room] of here.entries()) {
      const own = widths[index] ?? 0;
      // Neighbours a little up and down, so that an arrow past one does not look like an arrow into it.
      const y = top + (highest - floor) * floorHeight + 22 + (index % 2) * 14;
      boxes.set(room.name, { ...room, x, y, width: own });
      x += own + gap;
    }
  }
  return boxes;
}

function drawBox({ name, files, lines, x, y, width: own }: Box): string {
  return [
    `<rect x="${round(x)}" y="${y}" width="${round(own)}" height="${boxHeight}" rx="6" fill="#ddf4ff" stroke="#4a6fa5"/>`,
    `<text x="${round(x + own / 2)}" y="${y + 19}" font-size="14" font-weight="600" fill="#1f2328" text-anchor="middle">${name}</text>`,
    `<text x="${round(x + own / 2)}" y="${y + 35}" font-size="11" fill="#59636e" text-anchor="middle">${files === 1 ? '' : `${files} files, `}${lines} lines</text>`,
  ].join('');
}

function drawArrow({ from, to, count, typeOnly }: Arrow, boxes: Map<string, Box>, up: boolean): string {
  const [a, b] = [boxes.get(from), boxes.get(to)];
  if (a === undefined || b === undefined) return '';
  const [startX, endX] = [a.x + a.width / 2, b.x + b.width / 2];
  const stroke = up ? '#d1242f' : '#4a6fa5';
  const look = `fill="none" stroke="${stroke}" stroke-width="${round(Math.min(4, 0.8 + Math.log2(count) * 0.5))}" opacity="${up ? 0.9 : 0.32}"${typeOnly ? ' stroke-dasharray="5 4"' : ''} marker-end="url(#${up ? 'up' : 'down'})"`;
  const says = `<title>${from} → ${to}: ${count} ${count === 1 ? 'import' : 'imports'}${typeOnly ? ', types only' : ''}</title>`;
  return `<path d="${curve({ startX, startY: a.y, endX, endY: b.y })}" ${look}>${says}</path>`;
}

function curve({ startX, startY, endX, endY }: Record<'startX' | 'startY' | 'endX' | 'endY', number>): string {
  // On one floor: an arc over the boxes between.
  if (Math.abs(startY - endY) < floorHeight / 2) {
    const arc = Math.min(startY, endY) - 18;
    return `M${round(startX)} ${startY} C${round(startX)} ${arc} ${round(endX)} ${arc} ${round(endX)} ${endY}`;
  }
  const down = endY > startY;
  const y1 = down ? startY + boxHeight : startY;
  const y2 = down ? endY : endY + boxHeight;
  const bend = (y2 - y1) * 0.45;
  return `M${round(startX)} ${y1} C${round(startX)} ${round(y1 + bend)} ${round(endX)} ${round(y2 - bend)} ${round(endX)} ${y2}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
