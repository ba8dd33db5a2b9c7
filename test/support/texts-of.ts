import { readFileSync } from 'node:fs';
import { type ESTree, parseSync, Visitor } from 'vite';

/** A text of a source file that a person may read: a literal with at least two words. */
export interface SourceText {
  file: string;
  line: number;
  /** A template's expressions read `{}`. */
  text: string;
  /** The function or property that gets the literal (`GatewayError`, `log.warn`, `description`), as far as the syntax shows it. */
  role: string;
}

const statement = /^\s*(select|insert|update|delete|with|create|alter|drop|truncate|lock|copy|explain|set|notify)\b/i;

/**
 * Every string and template of a TypeScript file but those that no person reads: imports, types, names of properties, SQL,
 * regular expressions and single words.
 */
export function textsOf(root: string, file: string): SourceText[] {
  const source = readFileSync(`${root}/${file}`, 'utf8');
  const { program } = parseSync(file, source);
  const texts: SourceText[] = [];
  const lineStarts = [...source.matchAll(/^/gm)].map(({ index }) => index);
  const lineOf = (start: number): number => lineStarts.filter((index) => index <= start).length;
  const add = (node: { start: number }, text: string): void => {
    if (!/\p{L}{2,}\S*\s+\S*\p{L}/u.test(text) || isSql(text)) return;
    texts.push({ file, line: lineOf(node.start), text, role: roleOf(source, node.start) });
  };
  new Visitor({
    Literal: (node: ESTree.Node) => {
      if (node.type === 'Literal' && typeof node.value === 'string') add(node, node.value);
    },
    JSXText: (node) => add(node, node.value.replace(/\s+/g, ' ').trim()),
    TemplateLiteral: (node) => {
      add(node, node.quasis.map(({ value }) => value.cooked ?? value.raw).join('{}'));
    },
  }).visit(program);
  return texts;
}

function isSql(text: string): boolean {
  if (/^\s*[\w.]+(,\s*[\w.]+){3,}/.test(text)) return true;
  return (
    statement.test(text) &&
    /\b(from|into|table|values|set|where|index|as|on)\b|\$\d/i.test(text) &&
    !/[.!?]$/.test(text.trim())
  );
}

/** The name before the literal: a property (`description:`) or the function that it is an argument of. */
function roleOf(source: string, start: number): string {
  const before = source.slice(Math.max(0, start - 200), start);
  return /([\w.]+)\s*[:(=]\s*(?:'[^']*',\s*)?$/.exec(before)?.[1] ?? '';
}
