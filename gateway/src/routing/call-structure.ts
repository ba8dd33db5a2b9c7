import type { NeutralCall } from '../dialects/neutral.ts';
import { lastUserTextOf } from './call-texts.ts';
import { hashedWords } from './hashed-words.ts';
import type { TextFeatures } from './logistic-head.ts';

/** A call as the heads of a workspace see it: the words of the newest text of the user, and its shape. */
export function featuresOf(call: Pick<NeutralCall, 'messages' | 'tools' | 'output' | 'reasoning'>): TextFeatures {
  const text = lastUserTextOf(call);
  let images = 0;
  for (const { parts } of call.messages) for (const { kind } of parts) if (kind === 'image') images += 1;
  return {
    words: hashedWords(text),
    structure: [
      ...structureOf(text),
      log(call.messages.length),
      log(call.tools.length),
      call.output.kind === 'text' ? 0 : 1,
      log(images),
      call.reasoning === undefined ? 0 : 1,
    ],
  };
}

/** Longer texts are cut before anything is counted. */
const charsMax = 4_000;

/** The shape of a text: its length, and how many lines, numbers, formulas, questions and brackets it has. */
export function structureOf(text: string): number[] {
  const part = text.slice(0, charsMax);
  const count = (pattern: RegExp): number => log(part.match(pattern)?.length ?? 0);
  return [
    log(text.length),
    count(/\n/g),
    count(/\d+/g),
    count(/[=+*/^<>]/g),
    count(/\?/g),
    count(/[{}[\]();]/g),
    count(/[A-Z]{2,}/g),
    count(/\$|\\/g),
  ];
}

function log(n: number): number {
  return Math.log1p(n) / 10;
}
