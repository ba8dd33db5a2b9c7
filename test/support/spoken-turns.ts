import fc from 'fast-check';
import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import type { Adapter } from '../../gateway/src/providers/adapter.ts';
import type { Vendor } from './fakes/fake-server.ts';

/** Any turn of a model, and how each vendor writes it: plain, streamed, and in the history of the next call. */
export type Said =
  | { kind: 'text'; text: string }
  | { kind: 'thought'; text: string; proof: string }
  /** A thought that nobody may read. */
  | { kind: 'sealed'; proof: string }
  | { kind: 'call'; id: string; name: string; input: JsonObject; proof: string };

export interface Turn {
  said: readonly Said[];
  ending: 'usual' | 'length' | 'filtered';
  /** The number of pieces in which a text comes in a stream. */
  pieces: number;
}

export interface SpokenVendor {
  name: string;
  adapter: Adapter;
  model: string;
  /** The judge of what is sent to it. */
  vendor: Vendor;
  path: string;
  /** Chat completions keep words and calls apart, and have no thoughts of their own. */
  hasOrder: boolean;
  plain(turn: Turn): JsonObject;
  stream(turn: Turn): string;
  /** Its own turn in a request to it. */
  history(body: JsonObject): unknown;
  expected(turn: Turn): unknown;
}

const words = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }).filter((text) => text.trim() !== '');
const token = fc.stringMatching(/^[a-zA-Z0-9_]{4,12}$/);
const proof = token.map((text) => `proof_${text}`);
const input = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.oneof(words, fc.integer(), fc.boolean()), {
  maxKeys: 2,
});
const one: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: words }),
  fc.record({ kind: fc.constant('thought' as const), text: words, proof }),
  fc.record({ kind: fc.constant('sealed' as const), proof }),
  fc.record({
    kind: fc.constant('call' as const),
    id: token,
    name: fc.stringMatching(/^[a-z_]{1,8}$/),
    input,
    proof,
  }),
);

/** Two texts side by side are one, and no turn ends in a thought. */
const anyTurn: fc.Arbitrary<Turn> = fc.record({
  said: fc
    .uniqueArray(one, { minLength: 1, maxLength: 6, selector: (said) => (said.kind === 'call' ? said.id : said) })
    .map(oneText)
    .filter((said) => isSpoken(said.at(-1))),
  ending: fc.constantFrom('usual', 'usual', 'length', 'filtered'),
  pieces: fc.integer({ min: 1, max: 4 }),
});

const places = { thought: 0, sealed: 0, text: 1, call: 2 };

/** `inOrder`: thoughts first, then words, then calls. */
export function turnsOf(options: { inOrder: boolean }): fc.Arbitrary<Turn> {
  if (!options.inOrder) return anyTurn;
  return anyTurn.map(({ said, ...turn }) => ({
    ...turn,
    said: oneText(said.toSorted((a, b) => places[a.kind] - places[b.kind])),
  }));
}

export function oneText(said: readonly Said[]): Said[] {
  return said.filter(({ kind }, i) => kind !== 'text' || said[i - 1]?.kind !== 'text');
}

function isSpoken(said: Said | undefined): boolean {
  return said?.kind === 'text' || said?.kind === 'call';
}

export function callsOf({ said }: Turn): Extract<Said, { kind: 'call' }>[] {
  return said.filter((item) => item.kind === 'call');
}

export function textOf({ said }: Turn): string {
  return said.map((item) => (item.kind === 'text' ? item.text : '')).join('');
}

export function cut(text: string, pieces: number): string[] {
  const characters = [...text];
  const size = Math.max(1, Math.ceil(characters.length / pieces));
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
    characters.slice(i * size, (i + 1) * size).join(''),
  );
}

export function events(list: readonly JsonObject[]): string {
  return list
    .map((event) => `${event.type === undefined ? '' : `event: ${event.type}\n`}data: ${JSON.stringify(event)}\n\n`)
    .join('');
}

/** The key that their judges accept. */
export const spokenKey = 'sk-spoken';
