import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** The house as its imports show it: which file needs which, and which room each file is in. */
export interface House {
  /** Shipped files, tests left out, by their path from the root, with their text. */
  files: ReadonlyMap<string, string>;
  imports: readonly Import[];
}

interface Import {
  from: string;
  /** A file of ours by its path, or a package by its name. */
  to: string;
  /** Gone when the types are taken out. */
  typeOnly: boolean;
}

/** A pair of rooms of which one imports from the other. */
export interface Arrow {
  from: string;
  to: string;
  /** How many imports. */
  count: number;
  typeOnly: boolean;
}

const roots = [
  'gateway/src',
  'gateway/dashboard/src',
  'shared/src',
  'integrations/make',
  'integrations/n8n',
  'integrations/zapier',
];
const foldersOfOthers = /(^|\/)(node_modules|dist|app)(\/|$)/;

export function readHouse(root: string): House {
  const files = new Map(
    roots.flatMap((folder) => sources(root, folder)).map((file) => [file, readFileSync(join(root, file), 'utf8')]),
  );
  return { files, imports: [...files].flatMap(([file, text]) => importsOf(file, text)) };
}

function sources(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.test|\.d)\.(tsx?|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !foldersOfOthers.test(dirname(file)))
    .sort();
}

/** Statements at the beginning of a line, as Biome writes them, and `import('…')` of a file of ours. */
function importsOf(from: string, text: string): Import[] {
  const statements = [
    ...text.matchAll(/^(?:import|export)\s+(?:(type)\s)?(?:([\w*{][^'";]*?)\s*from\s+)?'([^']+)'/gm),
  ].map(([, type, names = '', to = '']) => ({
    from,
    to: target(from, to),
    typeOnly: type !== undefined || onlyTypes(names),
  }));
  const calls = [...text.matchAll(/(?<!\w)(typeof )?import\('([^']+)'\)/g)].map(([, type, to = '']) => ({
    from,
    to: target(from, to),
    typeOnly: type !== undefined,
  }));
  return [...statements, ...calls];
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  const listed = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  if (listed === undefined) return false;
  const each = listed.split(',').map((name) => name.trim());
  return each.filter((name) => name !== '').every((name) => name.startsWith('type '));
}

function target(from: string, to: string): string {
  if (to.startsWith('.')) return normalize(join(dirname(from), to));
  const shared = /^@ai-gateway\/shared\/(.+)$/.exec(to)?.[1];
  return shared === undefined ? to : `shared/src/${shared}.ts`;
}

/** A folder of the gateway, a file at its top, `shared`, or a platform's folder. Undefined for packages of others. */
export function roomOf(file: string): string | undefined {
  const inGateway = /^gateway\/src\/([^/]+?)(?:\.ts|\/)/.exec(file)?.[1] ?? /^gateway\/(dashboard)\//.exec(file)?.[1];
  return inGateway ?? /^(shared)\/src\//.exec(file)?.[1] ?? /^integrations\/([^/]+)\//.exec(file)?.[1];
}

export function roomsOf({ files }: House): string[] {
  return [...new Set([...files.keys()].map((file) => roomOf(file) ?? ''))].sort();
}

export function arrowsOf({ imports }: House): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const { from, to, typeOnly } of imports) {
    const [a, b] = [roomOf(from), roomOf(to)];
    if (a === undefined || b === undefined || a === b) continue;
    const arrow = arrows.get(`${a} ${b}`) ?? { from: a, to: b, count: 0, typeOnly: true };
    arrows.set(`${a} ${b}`, { ...arrow, count: arrow.count + 1, typeOnly: arrow.typeOnly && typeOnly });
  }
  return [...arrows.values()].sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}

/** Every largest set of nodes that reach one another: the circles of a graph (Tarjan). */
export function circlesIn(edges: readonly { from: string; to: string }[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    index.set(node, index.size);
    let lowest = index.size - 1;
    stack.push(node);
    for (const to of next.get(node) ?? []) {
      const at = index.get(to);
      if (at === undefined) lowest = Math.min(lowest, visit(to));
      else if (stack.includes(to)) lowest = Math.min(lowest, at);
    }
    low.set(node, lowest);
    if (lowest === index.get(node)) {
      const circle = stack.splice(stack.indexOf(node));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return lowest;
  };
  for (const node of next.keys()) if (!index.has(node)) visit(node);
  return circles;
}

/** Circles of files, by imports that are there at run time; and those that only types close. */
export function circlesOf({ imports }: House): { values: string[][]; types: string[][] } {
  const values = circlesIn(imports.filter(({ typeOnly }) => !typeOnly));
  const known = new Set(values.map((circle) => circle.join()));
  return { values, types: circlesIn(imports).filter((circle) => !known.has(circle.join())) };
}

/** Lines of a file, of which generated ones do not count. */
export function longFiles({ files }: House, limit: number): { file: string; lines: number }[] {
  return [...files]
    .filter(([, text]) => !/Not to be edited/.test(text.slice(0, 200)))
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > limit)
    .sort((a, b) => b.lines - a.lines);
}
