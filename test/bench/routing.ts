import { existsSync } from 'node:fs';
import {
  type AskedCall,
  fitTextHeads,
  gainOf,
  probabilities,
  type TextHeads,
  taskRate,
  wordRate,
} from '../../gateway/src/routing/text-heads.ts';
import { callsOf, foldOf, type JudgedCall, routingData } from './routing-data.ts';
import { apgrInterval, calibrationError, type Forecast, recovered } from './routing-measures.ts';

/**
 * How well the learner of `auto` tells calls that need the strong model from those that do not, on public sets of questions with the
 * results of models: `npm run bench:routing`. Each figure twice: by five folds of all calls, in which a question is in one fold only, with
 * the interval of 95 percent; and fitted on the train part and judged on the dev part alone.
 */
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
const folds = 5;
const eceMost = 0.05;

/** A call that was judged by heads which had not seen it. */
interface Judged {
  call: JudgedCall;
  heads: TextHeads;
}

if (!existsSync(routingData)) {
  console.log(
    `The routing data are not in ${routingData}, so the learner is not measured. ROUTING_DATA names another folder.`,
  );
} else {
  const all = sets.map((set) => ({ set, calls: callsOf(set) }));
  for (const { set, calls } of all) measure(set, calls);
  outOfDomain(all);
}

function measure({ name, weak, strong, apgr, cpt80 }: RoutingSet, calls: readonly JudgedCall[]): void {
  const startedAt = performance.now();
  const folded = judgedByFolds(calls, (call) => foldOf(call, folds));
  const dev = judged(
    calls.filter(({ part }) => part === 'train'),
    calls.filter(({ part }) => part === 'dev'),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`\n${name}, ${weak} and ${strong}: ${calls.length} labels; fitted in ${seconds.toFixed(0)} s`);
  console.log(`${' '.repeat(27)}${folds} folds: APGR  [95 %]      CPT80    dev: APGR  CPT80`);
  const row = (label: string, gain: (one: Judged) => number): void => {
    const [byFolds, onDev] = [folded, dev].map((some) => some.map((one) => ({ call: one.call, gain: gain(one) })));
    console.log(`  ${label.padEnd(32)} ${figures(byFolds, true)}       ${figures(onDev, false)}`);
  };
  row('length', ({ call }) => call.structure[0] ?? 0);
  row('words', ({ call, heads }) => gainOf(wordRate(heads, call)));
  row('task guessed from the words', ({ call, heads }) => gainOf(taskRate(heads, unnamed(call))));
  row('task known', ({ call, heads }) => gainOf(taskRate(heads, call)));
  row('words and task known', ({ call, heads }) => gainOf(probabilities(heads, call)));
  row('words and task guessed', bothOf);
  for (const [label, some] of [
    [`${folds} folds`, folded],
    ['dev', dev],
  ] as const) {
    const reached = recovered(some.map((one) => ({ call: one.call, gain: bothOf(one) })));
    const parts = [
      verdict(`APGR ${reached.apgr.toFixed(3)}`, reached.apgr >= apgr, `≥ ${apgr}`),
      ...(cpt80 === undefined
        ? []
        : [verdict(`CPT80 ${reached.cpt80.toFixed(3)}`, reached.cpt80 <= cpt80, `≤ ${cpt80}`)]),
      ...(['weak', 'strong'] as const).map((of) => {
        const error = calibrationError(
          some.map(({ call, heads }) => ({ p: probabilities(heads, unnamed(call))[of], label: call[of] })),
        );
        return verdict(`ECE of the ${of} one ${error.toFixed(3)}`, error <= eceMost, `≤ ${eceMost}`);
      }),
    ];
    console.log(`  ${label}: ${parts.join('; ')}`);
  }
}

function judged(seen: readonly JudgedCall[], unseen: readonly JudgedCall[]): Judged[] {
  const heads = fitTextHeads(seen);
  return unseen.map((call) => ({ call, heads }));
}

function judgedByFolds(calls: readonly JudgedCall[], fold: (call: JudgedCall) => number): Judged[] {
  return Array.from({ length: folds }, (_, nth) =>
    judged(
      calls.filter((call) => fold(call) !== nth),
      calls.filter((call) => fold(call) === nth),
    ),
  ).flat();
}

/** The name of its task is for fitting only. */
function unnamed(call: JudgedCall): AskedCall {
  return { words: call.words, structure: call.structure, task: undefined };
}

function bothOf({ call, heads }: Judged): number {
  return gainOf(probabilities(heads, unnamed(call)));
}

function figures(forecasts: readonly Forecast[] = [], withInterval: boolean): string {
  const { apgr, cpt80 } = recovered(forecasts);
  const interval = withInterval ? ` [${apgrInterval(forecasts).map(three).join(', ')}]` : '';
  return `${three(apgr)}${interval}  ${Math.round(cpt80 * 100)} %`;
}

function three(value: number): string {
  return value.toFixed(3);
}

function verdict(text: string, isReached: boolean, must: string): string {
  return `${text} (must be ${must}${isReached ? '' : ', NOT reached'})`;
}

/** On questions of a kind that was left out, the learner is hardly better than chance: nothing that is fit on these sets chooses for others. */
function outOfDomain(all: readonly { set: RoutingSet; calls: readonly JudgedCall[] }[]): void {
  console.log('\nOut of domain: APGR on a set, by heads of another (and by length)');
  const heads = all.map(({ set, calls }) => ({ set, heads: fitTextHeads(calls) }));
  for (const { set, calls } of all) {
    const others = heads
      .filter((one) => one.set !== set)
      .map((one) => {
        const apart = recovered(calls.map((call) => ({ call, gain: bothOf({ call, heads: one.heads }) })));
        return `${one.set.name} ${three(apart.apgr)}`;
      });
    const length = recovered(calls.map((call) => ({ call, gain: call.structure[0] ?? 0 })));
    console.log(`  ${set.name}: ${others.join(', ')} (length ${three(length.apgr)})`);
  }
  for (const { set, calls } of all) {
    const tasks = [...new Set(calls.map(({ task }) => task))].sort();
    if (tasks.length < folds) continue;
    const apart = judgedByFolds(calls, ({ task }) => tasks.indexOf(task) % folds);
    const { apgr } = recovered(apart.map((one) => ({ call: one.call, gain: bothOf(one) })));
    console.log(`  ${set.name}, each task judged by heads that have not seen it: ${three(apgr)}`);
  }
}
