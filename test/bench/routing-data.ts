import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { featuresOf } from '../../gateway/src/routing/call-structure.ts';
import { seeded } from '../../gateway/src/routing/logistic-head.ts';
import type { LabelledCall } from '../../gateway/src/routing/text-heads.ts';

/** The data lie beside the repository: the project needs none of them to run, and has no row of them. */
export const routingData = process.env.ROUTING_DATA ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'routing');

/** A call whose two answers are known, and the question that it asks: the same question is never in two folds. */
export interface JudgedCall extends LabelledCall {
  question: string;
  part: 'train' | 'dev';
}

interface Row {
  prompt: string;
  task: string;
  scores: Record<string, number>;
}

/** All calls of a set of questions with the results of two models, mixed by a seed: the files are in the order of their tasks. */
export function callsOf({ file, weak, strong }: { file: string; weak: string; strong: string }): JudgedCall[] {
  const calls = (['train', 'dev'] as const).flatMap((part) =>
    rowsOf(`${file}.${part}.jsonl.gz`).flatMap(({ prompt, task, scores }): JudgedCall[] => {
      const [weakScore, strongScore] = [scores[weak], scores[strong]];
      if (weakScore === undefined || strongScore === undefined) return [];
      return [{ ...seenBy(prompt), task, weak: weakScore, strong: strongScore, question: questionOf(prompt), part }];
    }),
  );
  const random = seeded(3);
  return calls
    .map((call) => ({ call, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ call }) => call);
}

/** A call as the gateway sees it. */
function seenBy(prompt: string): ReturnType<typeof featuresOf> {
  return featuresOf({
    messages: [{ role: 'user', parts: [{ kind: 'text', text: prompt }] }],
    tools: [],
    output: { kind: 'text' },
  });
}

/** Its first letters and digits, without the answers to choose from. */
function questionOf(prompt: string): string {
  return prompt
    .replace(/\n\(?A[.)][\s\S]*$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 200);
}

function rowsOf(file: string): Row[] {
  return gunzipSync(readFileSync(join(routingData, file)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** The fold of each call, by its question. */
export function foldOf({ question }: JudgedCall, folds: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < question.length; i++) hash = Math.imul(hash ^ question.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % folds;
}
