import type { Template } from './read-templates.ts';

export interface Sample {
  type: string;
  text: string;
}

/** Lines that stand in prompts of every type, and so must not tell one from another. */
const frames = [
  'Be concise.',
  'Answer in JSON.',
  'Return only the result.',
  'Do not add any explanation.',
  'Answer in the language of the text.',
  'Use a friendly tone.',
  'Today is 3 March 2026.',
  'If you are not sure, say so.',
  'Input:',
  'Text: """',
];
const roles = [
  'You are a helpful assistant.',
  'You work for a small company.',
  'You are an expert with many years of experience.',
  'Du bist ein hilfreicher Assistent.',
  'Tu es un assistant utile.',
  'Eres un asistente útil.',
];

/** Instructions as they stand in real prompts: data before or behind it, a role, a remark on the form. */
export function makeSamples(
  templates: readonly Template[],
  data: ReadonlyMap<string, readonly string[]>,
  { each, random, pasted = 3 }: { each: number; random: () => number; pasted?: number },
): Sample[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const all = [...data.values()].flat();
  const datumFor = (language: string): string =>
    pick(random() < 0.5 ? (data.get(language) ?? all) : random() < 0.3 ? (data.get('code') ?? all) : all);
  const samples: Sample[] = [];
  for (const { language, type, text } of templates) {
    const times = text.includes('(') ? each * 3 : each;
    for (let i = 0; i < times; i++) {
      let body = oneOf(text, pick);
      if (random() < 0.3) body = `${pick(roles)} ${body}`;
      if (random() < 0.4) body = `${body} ${pick(frames)}`;
      // A greeting with a text behind it is as unclear as without.
      const place = i === 0 ? 1 : random();
      if (place < 0.6) body = `${body}\n\n${datumFor(language)}`;
      else if (place < 0.72) body = `${datumFor(language)}\n\n${body}`;
      if (place < 0.15) body = `${body}\n${datumFor(language)}`;
      samples.push({ type, text: body });
    }
  }
  // Data without an instruction: somebody pasted a text.
  for (const text of all)
    for (let i = 0; i < pasted; i++)
      samples.push({ type: 'chat', text: `${text}\n${pick(all)}`.slice(0, 50 + Math.floor(random() * 500)) });
  return samples;
}

/** `(Write|Draft) a letter`: one of the alternatives, and an empty one is nothing. */
function oneOf(text: string, pick: (list: readonly string[]) => string): string {
  return text.replace(/\(([^()]*\|[^()]*)\)/g, (_all, choices: string) => pick(choices.split('|')));
}

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
