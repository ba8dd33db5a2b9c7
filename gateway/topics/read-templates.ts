import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** An instruction as somebody may write it, and the type of task it asks for. */
export interface Template {
  language: string;
  type: string;
  text: string;
}

const folder = new URL('templates/', import.meta.url);

/** The templates that the head is fit on, in the order of the files. */
export function readTemplates(): Template[] {
  return readdirSync(fileURLToPath(folder))
    .filter((name) => name.endsWith('.txt') && name !== 'data.txt' && name !== 'held-out.txt')
    .sort()
    .flatMap((name) => read(name).map(({ section, text }) => ({ language: name.slice(0, -4), type: section, text })));
}

/** Templates that are never fit on: the figures of the head are measured on them. */
export function readHeldOut(): Template[] {
  return read('held-out.txt').map(({ section, text }) => ({ language: 'held out', type: section, text }));
}

/** The texts that instructions are about, by their language; `code` is code and data. */
export function readData(): Map<string, string[]> {
  const data = new Map<string, string[]>();
  for (const { section, text } of read('data.txt')) data.set(section, [...(data.get(section) ?? []), text]);
  return data;
}

function read(name: string): { section: string; text: string }[] {
  let section = '';
  return readFileSync(new URL(name, folder), 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('# ')) section = line.slice(2).trim();
      return line === '' || line.startsWith('# ') ? [] : [{ section, text: line }];
    });
}
