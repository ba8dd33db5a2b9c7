/**
 * Texts with `{{ name }}` in them. Logic-less: a text is taken apart once, and its values are put between the pieces, so that a value
 * is never read again and nothing in it is escaped. Only names of letters, digits and `_` between double braces are special, so that
 * JSON needs no care; `\{{` stands for two braces.
 */

/** Pieces of a text in order: text as it stands, or the name of a variable. */
export type Template = readonly (string | { readonly name: string })[];

/** Blanks are few and names short, so that no text takes long. */
const special = /\\\{\{|\{\{[ \t]{0,20}([A-Za-z0-9_]{1,64})[ \t]{0,20}\}\}/g;

export function parseTemplate(text: string): Template {
  const pieces: (string | { name: string })[] = [];
  let plain = '';
  let at = 0;
  for (const match of text.matchAll(special)) {
    plain += text.slice(at, match.index);
    at = match.index + match[0].length;
    const [, name] = match;
    if (name === undefined) {
      plain += '{{';
      continue;
    }
    if (plain !== '') pieces.push(plain);
    plain = '';
    pieces.push({ name });
  }
  plain += text.slice(at);
  if (plain !== '') pieces.push(plain);
  return pieces;
}

export function namesIn(template: Template): string[] {
  return template.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]));
}

/** `textOf` has a text for every name: names without one are refused before. */
export function fillIn(template: Template, textOf: (name: string) => string): string {
  let text = '';
  for (const piece of template) text += typeof piece === 'string' ? piece : textOf(piece.name);
  return text;
}

const snippet = /(\\?)\{\{>[ \t]{0,20}([a-z0-9][a-z0-9_-]{0,63})@([1-9][0-9]{0,8})[ \t]{0,20}\}\}/g;

/** A place where the text of another prompt's version goes. */
export interface SnippetName {
  id: string;
  version: number;
}

export function snippetsIn(text: string): SnippetName[] {
  return [...text.matchAll(snippet)].flatMap(([, escaped, id = '', version]) =>
    escaped === '\\' ? [] : [{ id, version: Number(version) }],
  );
}

/** One pass here too: a snippet was put together when it was saved, and has no snippets of its own. */
export function placeSnippets(text: string, textOf: (name: SnippetName) => string): string {
  return text.replace(snippet, (whole, escaped: string, id: string, version: string) =>
    escaped === '\\' ? whole : textOf({ id, version: Number(version) }),
  );
}
