import { createHash } from 'node:crypto';
import type { TopicsFile } from '../src/routing/topic-head.ts';
import { fitTopics } from './fit-topics.ts';
import { makeSamples, seeded } from './make-samples.ts';
import { readData, readTemplates, type Template } from './read-templates.ts';

const seed = 18;
/** Texts that are made of each template; of one with alternatives three times as many. */
const each = 10;

/** The file that `auto` reads, fit on all templates, or on some of them. */
export function makeTopics(templates: readonly Template[] = readTemplates()): TopicsFile {
  const data = readData();
  const head = fitTopics(makeSamples(templates, data, { each, random: seeded(seed) }), seed);
  return { ...head, templates: digestOf(templates, data) };
}

/** Tells a file that is older than its templates. */
export function digestOf(templates: readonly Template[], data: ReadonlyMap<string, readonly string[]>): string {
  const content = JSON.stringify([templates, [...data]]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
