import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { structureOf } from '../../gateway/src/routing/call-structure.ts';
import { hashedWords } from '../../gateway/src/routing/hashed-words.ts';
import {
  fitHead,
  type LogisticHead,
  logitOf,
  seeded,
  type TextFeatures,
  usualFitting,
} from '../../gateway/src/routing/logistic-head.ts';
import {
  fitTextHeads,
  gainOf,
  type LabelledCall,
  probabilities,
  type TextHeads,
  taskGain,
} from '../../gateway/src/routing/text-heads.ts';

/**
 * How well the learner of `auto` tells calls that need the strong model from those that do not, on public sets of questions with the
 * results of models: `npm run bench:routing`. The data lie beside the repository (`ROUTING_DATA`, else `../shared/routing`), fitted on
 * their train parts and judged on their dev parts; the project needs none of them to run, and has no row of them.
 *
 * APGR: the part of the gap between the two models that is recovered, averaged over all shares of calls that the strong one answers; 0.5
 * is chance. CPT80: the share of calls to the strong one that recovers four fifths of the gap. ECE: how far probabilities are off.
 */
const folder = process.env.ROUTING_DATA ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'routing');

interface Row {
  prompt: string;
  task: string;
  scores: Record<string, number>;
}

interface RoutingSet {
  name: string;
  file: string;
  weak: string;
  strong: string;
  apgr: number;
  cpt80?: number;
}

const sets: readonly RoutingSet[] = [
  { name: 'MMLU', file: 'mmlu', weak: 'mixtral-8x7b', strong: 'gpt-4-1106', apgr: 0.69, cpt80: 0.58 },
  { name: 'GSM8K', file: 'gsm8k', weak: 'mixtral-8x7b', strong: 'gpt-4-1106', apgr: 0.65 },
  {
    name: '14-task mix',
    file: 'ulab_mix',
    weak: 'mistral-7b-instruct-v0.3',
    strong: 'llama-3.1-nemotron-51b-instruct',
    apgr: 0.72,
  },
  {
    name: 'MMLU-Pro, gemini',
    file: 'mmlu_pro',
    weak: 'gemini-1.5-flash-002',
    strong: 'gemini-1.5-pro-002',
    apgr: 0.77,
  },
];
const eceMost = 0.05;

if (!existsSync(folder)) {
  console.log(
    `The routing data are not in ${folder}, so the learner is not measured. ROUTING_DATA names another folder.`,
  );
} else {
  for (const set of sets) measure(set);
}

function measure({ name, file, weak, strong, apgr, cpt80 }: RoutingSet): void {
  const read = (part: string): LabelledCall[] =>
    rowsOf(`${file}.${part}.jsonl.gz`).flatMap(({ prompt, task, scores }) => {
      const [weakScore, strongScore] = [scores[weak], scores[strong]];
      return weakScore === undefined || strongScore === undefined
        ? []
        : [{ ...featuresOf(prompt), task, weak: weakScore, strong: strongScore }];
    });
  // The files are in the order of their tasks; calls of a workspace come mixed.
  const [train, dev] = [shuffled(read('train')), read('dev')];
  const startedAt = performance.now();
  const heads = fitTextHeads(train);
  const fitMs = performance.now() - startedAt;
  const guess = topicGuess(train);
  const words = (call: LabelledCall): number => {
    const likely = probabilities(heads, call);
    return likely.strong - likely.weak;
  };
  const guessed = new Map(dev.map((call) => [call, guessedGain(heads, guess(call))]));
  const byGuess = (call: LabelledCall): number => guessed.get(call) ?? 0;
  console.log(`\n${name}: ${train.length} labels, judged on ${dev.length}; fitted in ${Math.round(fitMs)} ms`);
  const row = (label: string, gain: (call: LabelledCall) => number): void => {
    const figures = recovered(dev, gain);
    console.log(`  ${label.padEnd(34)} APGR ${figures.apgr.toFixed(3)}  CPT80 ${Math.round(figures.cpt80 * 100)} %`);
  };
  row('length', (call) => call.structure[0] ?? 0);
  row('words', words);
  row('task guessed from the words', byGuess);
  row('task known', (call) => taskGain(heads, call.task));
  row('words and task known', (call) => gainOf(heads, call));
  const both = (call: LabelledCall): number => (words(call) + byGuess(call)) / 2;
  row('words and task guessed', both);
  const reached = recovered(dev, both);
  const parts = [
    verdict(`APGR ${reached.apgr.toFixed(3)}`, reached.apgr >= apgr, `≥ ${apgr}`),
    ...(cpt80 === undefined
      ? []
      : [verdict(`CPT80 ${reached.cpt80.toFixed(2)}`, reached.cpt80 <= cpt80, `≤ ${cpt80}`)]),
    ...(['weak', 'strong'] as const).map((of) => {
      const ece = calibrationError(dev.map((call) => ({ p: probabilities(heads, call)[of], label: call[of] })));
      return verdict(`ECE of the ${of} one ${ece.toFixed(3)}`, ece <= eceMost, `≤ ${eceMost}`);
    }),
  ];
  console.log(`  ${parts.join('; ')}`);
}

function shuffled<T>(items: readonly T[]): T[] {
  const random = seeded(3);
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function verdict(text: string, isReached: boolean, must: string): string {
  return `${text} (must be ${must}${isReached ? '' : ', NOT reached'})`;
}

function rowsOf(file: string): Row[] {
  return gunzipSync(readFileSync(join(folder, file)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

function featuresOf(prompt: string): TextFeatures {
  return { words: hashedWords(prompt), structure: structureOf(prompt) };
}

/** The tasks of a call and how likely each is, by a head for each task. */
function topicGuess(train: readonly LabelledCall[]): (call: TextFeatures) => Map<string, number> {
  const tasks = [...new Set(train.map(({ task }) => task))];
  const heads = new Map<string, LogisticHead>(
    tasks.length === 1
      ? []
      : tasks.map((task) => [
          task,
          fitHead(
            train,
            train.map((call) => (call.task === task ? 1 : 0)),
            { ...usualFitting, rate: 0.5 },
          ),
        ]),
  );
  return (call) => {
    if (tasks.length === 1) return new Map(tasks.map((task) => [task, 1]));
    const odds = [...heads].map(([task, head]) => [task, Math.exp(logitOf(head, call) / 2)] as const);
    const sum = odds.reduce((all, [, one]) => all + one, 0);
    return new Map(odds.map(([task, one]) => [task, one / sum]));
  };
}

function guessedGain(heads: TextHeads, likely: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [task, p] of likely) sum += p * taskGain(heads, task);
  return sum;
}

function recovered(
  calls: readonly LabelledCall[],
  gain: (call: LabelledCall) => number,
): { apgr: number; cpt80: number } {
  const sorted = calls.map((call) => ({ call, gain: gain(call) })).sort((a, b) => b.gain - a.gain);
  const gap = calls.reduce((sum, { weak, strong }) => sum + strong - weak, 0);
  let [won, area, cpt80] = [0, 0, 1];
  sorted.forEach(({ call: { weak, strong } }, i) => {
    const before = won / gap;
    won += strong - weak;
    area += (before + won / gap) / 2 / calls.length;
    if (won / gap >= 0.8 && cpt80 === 1) cpt80 = (i + 1) / calls.length;
  });
  return { apgr: area, cpt80 };
}

/** Ten bins of equal width, weighted by how many fall in each. */
function calibrationError(forecasts: readonly { p: number; label: number }[]): number {
  const bins = Array.from({ length: 10 }, () => ({ n: 0, p: 0, label: 0 }));
  for (const { p, label } of forecasts) {
    const bin = bins[Math.min(9, Math.floor(p * 10))];
    if (bin === undefined) continue;
    bin.n += 1;
    bin.p += p;
    bin.label += label;
  }
  return bins.reduce((sum, { p, label }) => sum + Math.abs(p - label), 0) / forecasts.length;
}
