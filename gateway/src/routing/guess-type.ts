import type { NeutralCall } from '../dialects/neutral.ts';
import { cutText, lastUserTextOf, systemTextOf } from './call-texts.ts';
import { type TaskType, unclear } from './task-types.ts';
import type { TopicHead } from './topic-head.ts';

/** The text of a call, and the part of it where its instructions seem to lie. */
export interface Instructions {
  focus: string;
  whole: string;
}

export interface Guess {
  type: TaskType;
  probability: number;
  /** That it is one of the small types. */
  smallProbability: number;
}

/** The system text says what is to be done; without one, the first paragraph of the user's text and a short last one. */
export function instructionsOf(call: Pick<NeutralCall, 'messages'>): Instructions {
  const system = cutText(systemTextOf(call), { first: 1_500, last: 500 });
  const user = cutText(lastUserTextOf(call), { first: 1_200, last: 800 });
  return system === '' ? instructionsIn(user) : { focus: system, whole: `${system}\n${user}` };
}

const firstMax = 600;
const lastMax = 300;

export function instructionsIn(text: string): Instructions {
  const trimmed = text.trim();
  const firstEnd = trimmed.indexOf('\n\n');
  if (firstEnd < 0) return { focus: trimmed, whole: trimmed };
  const first = trimmed.slice(0, Math.min(firstEnd, firstMax));
  const last = trimmed.slice(trimmed.lastIndexOf('\n\n') + 2);
  return { focus: last.length <= lastMax ? `${first}\n${last}` : first, whole: trimmed };
}

/** As far as the instructions by themselves are unclear, the whole text decides. */
export function guessType(head: TopicHead, { focus, whole }: Instructions): Guess {
  const guesses = head.guess(focus, head.scores.focus);
  const { taskTypes: types, unclearAt } = head;
  const doubt = guesses[unclearAt] ?? 0;
  if (whole !== focus && doubt > 0) {
    const all = head.guess(whole, head.scores.whole);
    for (let i = 0; i < guesses.length; i++)
      guesses[i] = (i === unclearAt ? 0 : (guesses[i] ?? 0)) + doubt * (all[i] ?? 0);
  }
  let best = 0;
  let smallProbability = 0;
  for (let i = 0; i < guesses.length; i++) {
    if (types[i]?.class === 'small') smallProbability += guesses[i] ?? 0;
    if ((guesses[i] ?? 0) > (guesses[best] ?? 0)) best = i;
  }
  return { type: types[best] ?? unclear, probability: guesses[best] ?? 0, smallProbability };
}
