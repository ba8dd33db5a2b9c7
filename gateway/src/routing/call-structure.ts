import type { NeutralCall } from '../dialects/neutral.ts';
import { lastUserTextOf } from './call-texts.ts';
import { hashedWords } from './hashed-words.ts';
import type { TextFeatures } from './logistic-head.ts';
import { questionOf } from './question-text.ts';
import { schemaDepth } from './schema-shape.ts';
import { log, structureOf, textStructureSize } from './text-structure.ts';

/** How many numbers the structure of a call has: heads and samples of an earlier version of the gateway may have fewer. */
export const structureSize = textStructureSize + 7;

/** A call as the heads of a workspace see it: the words of the newest text of the user and of its question, and its shape. */
export function featuresOf(call: Pick<NeutralCall, 'messages' | 'tools' | 'output' | 'reasoning'>): TextFeatures {
  const text = lastUserTextOf(call);
  const question = questionOf(text);
  let images = 0;
  for (const { parts } of call.messages) for (const { kind } of parts) if (kind === 'image') images += 1;
  return {
    words: hashedWords(text, question),
    structure: [
      ...structureOf(text),
      log(call.messages.length),
      log(call.tools.length),
      call.output.kind === 'text' ? 0 : 1,
      call.output.kind === 'json-schema' ? schemaDepth(call.output.schema) / 10 : 0,
      log(images),
      effortOf(call),
      log(question.length),
    ],
  };
}

const efforts: Readonly<Record<string, number>> = { none: 0, minimal: 0.1, low: 0.3, medium: 0.6, high: 0.9 };

function effortOf({ reasoning }: Pick<NeutralCall, 'reasoning'>): number {
  if (reasoning === undefined) return 0;
  return reasoning.effort === undefined ? 0.6 : (efforts[reasoning.effort] ?? 1);
}
