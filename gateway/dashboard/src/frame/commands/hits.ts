/** Finds what a person means by a few letters. Pure: the dialog brings the sources. */

/** Something to go to, or to do. */
export interface Hit {
  /** Unique among all hits. */
  key: string;
  title: string;
  /** The kind of thing: Screen, Client, Action. */
  kind: string;
  /** Other words that it is found by. */
  words?: readonly string[];
  run: () => void | Promise<void>;
}

const shownMost = 12;

/** The best first. An empty text shows the first of the list. */
export function findHits(text: string, hits: readonly Hit[]): readonly Hit[] {
  const wanted = plain(text);
  if (wanted === '') return hits.slice(0, shownMost);
  return hits
    .map((hit, at) => ({ hit, at, score: scoreOf(wanted, hit) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, shownMost)
    .map(({ hit }) => hit);
}

function scoreOf(wanted: string, { title, words = [] }: Hit): number {
  return Math.max(...[title, ...words].map((text, at) => scoreText(wanted, plain(text)) - (at === 0 ? 0 : 0.5)));
}

/** The same word, then its beginning, then the beginning of a word in it, then any place, then all the words somewhere. */
function scoreText(wanted: string, text: string): number {
  if (text === wanted) return 10;
  if (text.startsWith(wanted)) return 8;
  if (text.includes(` ${wanted}`)) return 6;
  if (text.includes(wanted)) return 4;
  return wanted.split(' ').every((word) => text.includes(word)) ? 2 : 0;
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** `raise acme 20`: which budget, and by how much. */
export function readRaise(text: string): { name: string; byUsd: number } | undefined {
  const [, name, amount] = /^raise\s+(.+?)\s+(?:by\s+)?\$?(\d+(?:[.,]\d+)?)$/i.exec(text.trim()) ?? [];
  const byUsd = Number(amount?.replace(',', '.'));
  return name === undefined || !(byUsd > 0) ? undefined : { name: plain(name), byUsd };
}

/** Does a name answer to what was typed? */
export function answersTo(name: string, wanted: string): boolean {
  return plain(name).includes(wanted);
}

/** Ids as answers and logs show them. */
export function isRequestId(text: string): boolean {
  return /^req_[0-9a-z]{6,}$/i.test(text.trim());
}
