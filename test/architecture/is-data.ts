import { parseAst } from 'vite';

interface Node {
  type: string;
  start: number;
  end: number;
}

/** Is less than a fifth of a file inside functions? */
export function isData(text: string): boolean {
  const lines = new Set<number>();
  const lineOf = (at: number): number => text.slice(0, at).split('\n').length;
  for (const { start, end } of functionsIn(parseAst(text, { lang: 'ts' })))
    for (let line = lineOf(start); line <= lineOf(end); line += 1) lines.add(line);
  return lines.size < text.split('\n').length / 5;
}

function functionsIn(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isNode(value) && /Function/.test(value.type) && !/^TS/.test(value.type)) return [value];
  return Object.values(value).flatMap(functionsIn);
}

function isNode(value: object): value is Node {
  return 'type' in value && typeof value.type === 'string' && 'start' in value && 'end' in value;
}
