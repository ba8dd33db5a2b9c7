import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { guessType, instructionsIn } from '../src/routing/guess-type.ts';
import { taskTypes } from '../src/routing/task-types.ts';
import { TopicHead, type TopicsFile } from '../src/routing/topic-head.ts';
import { makeSamples, seeded } from './make-samples.ts';
import { makeTopics } from './make-topics.ts';
import { readData, readHeldOut, readTemplates, type Template } from './read-templates.ts';

/**
 * `npm run train:topics` fits the head that guesses the type of a task, and writes it to gateway/src/routing/topics.json. The same
 * templates give the same file. First it says how well the head does on templates that it has not seen.
 */
const folds = 5;

const templates = readTemplates();
const data = readData();

const guesses = Array.from({ length: folds }, (_, fold) => {
  const file = makeTopics(templates.filter((_template, i) => i % folds !== fold));
  return judge(
    file,
    templates.filter((_template, i) => i % folds === fold),
  );
}).flat();
report(`${folds}-fold, by template`, guesses);
const file = makeTopics();
report('held-out.txt', judge(file, readHeldOut()));
const text = `${JSON.stringify(file)}\n`;
writeFileSync(fileURLToPath(new URL('../src/routing/topics.json', import.meta.url)), text);
console.log(
  `topics.json: ${(text.length / 1024).toFixed(0)} KiB, ${Buffer.from(file.words, 'base64').length / 4} words`,
);

interface Judged {
  type: string;
  guess: string;
  isSmall: boolean;
  small: number;
  text: string;
}

function judge(fitted: TopicsFile, some: readonly Template[]): Judged[] {
  const head = new TopicHead(fitted);
  return makeSamples(some, data, { each: 3, random: seeded(81), pasted: 0 }).map(({ type, text }) => {
    const { type: guess, smallProbability: small } = guessType(head, instructionsIn(text));
    return {
      type,
      guess: guess.id,
      isSmall: taskTypes.find(({ id }) => id === type)?.class === 'small',
      small,
      text,
    };
  });
}

function report(name: string, judged: readonly Judged[]): void {
  const share = (some: readonly Judged[], of: (one: Judged) => boolean): string =>
    `${((100 * some.filter(of).length) / some.length).toFixed(1)} %`;
  const small = judged.filter(({ isSmall }) => isSmall);
  const strong = judged.filter(({ isSmall }) => !isSmall);
  console.log(
    `${name}: the type is right in ${share(judged, ({ type, guess }) => type === guess)} of ${judged.length}`,
  );
  for (const least of [0.5, 0.6, 0.7, 0.75, 0.8, 0.9])
    console.log(
      `  from ${least}: ${share(small, (one) => one.small >= least)} of the small go to small models, and ${share(strong, (one) => one.small >= least)} of the strong`,
    );
  if (process.argv.includes('--wrong'))
    for (const { type, guess, small: probability, text } of judged)
      if (type !== guess)
        console.log(`  ${type} -> ${guess} (${probability.toFixed(2)}): ${text.slice(0, 120).replace(/\n/g, ' ')}`);
}
