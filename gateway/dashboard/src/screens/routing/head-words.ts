import type { OutputOf } from '@ai-gateway/shared/contract';
import { countForPeople } from '../../format/money.ts';
import { pointRange, signedPoints } from '../../format/points.ts';

/** Learned heads and their evidence as people read them. Pure. */

export type Heads = OutputOf<'routing.heads.list'>;
export type Head = Heads['data'][number];
type Auto = OutputOf<'auto.get'>;

export const headStates = {
  active: ['good', 'Active'],
  retired: ['plain', 'Retired'],
  off: ['warn', 'Learning is off'],
  learning: ['plain', 'Learning'],
  waiting: ['plain', 'Waiting for evidence'],
} as const;

/** Where the workspace stands. A choice of somebody outranks all that is learned. */
export function headStateOf(
  { data, follows, collected }: Pick<Heads, 'data' | 'follows'> & Partial<Pick<Heads, 'collected'>>,
  isLearning: boolean,
): keyof typeof headStates {
  if (data.some(({ active }) => active)) return 'active';
  if (!follows) return 'retired';
  // An earlier version of the gateway counts none.
  if (collected !== undefined && collected.calls < collected.needed) return isLearning ? 'learning' : 'off';
  return isLearning ? 'waiting' : 'off';
}

/** Learning may be off in the workspace and on for one of its clients or keys. */
export function isLearningAnywhere({ learning, per_client: clients, per_key: keys }: Auto): boolean {
  const others = [...Object.values(clients), ...Object.values(keys)];
  return learning.enabled || others.some((own) => own.learning?.enabled === true);
}

export const versionStates = {
  active: ['good', 'Active'],
  retired: ['plain', 'Retired'],
  proven: ['plain', 'Proven'],
  candidate: ['plain', 'Candidate'],
  withdrawn: ['warn', 'Withdrawn'],
  dropped: ['plain', 'Dropped'],
  unproven: ['plain', 'Not proven'],
  unused: ['plain', 'Not used'],
} as const;

export function versionStateOf({ state, better, active_until: until }: Head): keyof typeof versionStates {
  if (state === 'no_better') return better ? 'unused' : 'unproven';
  if (state === 'inactive') return until === null ? 'proven' : 'retired';
  return state;
}

/** Versions that were dropped, or were no candidates, keep no weights, or none that this version of the gateway can read. */
export function canBeActivated({ state }: Head): boolean {
  return state === 'candidate' || state === 'inactive' || state === 'withdrawn';
}

type Gain = Pick<Head, 'gain' | 'gain_lower' | 'gain_upper'>;

/** `+4.0 points (+1.0 to +7.0)`; a dash where nobody measured it. */
export function sayGain({ gain, gain_lower: lower, gain_upper: upper }: Gain): string {
  if (gain === null || lower === null || upper === null) return '–';
  return `${signedPoints(gain)} points (${pointRange(lower, upper)})`;
}

/** `the newest 400 of 1,200 compared calls, of 4 tasks`. */
export function sayJudged({ judged, calls, tasks }: Pick<Head, 'judged' | 'calls' | 'tasks'>): string {
  const ofTasks = tasks === null ? '' : tasks === 1 ? ', of 1 task' : `, of ${countForPeople(tasks)} tasks`;
  return `the newest ${countForPeople(judged)} of ${countForPeople(calls)} compared calls${ofTasks}`;
}

/** `42 of 100`; undefined where nobody counted them. */
export function sayEasy({ easy }: Pick<Head, 'easy'>, dial: Auto['dial']): string | undefined {
  if (easy === null) return undefined;
  return `${Math.round(easy[dial] * 100)} of 100`;
}

export type HeadChoice = { to: 'version'; head: Head } | { to: 'none' } | { to: 'latest' };

/** As `routing.heads.activate` takes it. */
export function versionOfChoice(choice: HeadChoice): string {
  return choice.to === 'version' ? String(choice.head.version) : choice.to;
}

/** The choice that holds now, as it can be made again. */
export function choiceNow({ data, follows }: Pick<Heads, 'data' | 'follows'>): string {
  if (follows) return 'latest';
  return String(data.find(({ active }) => active)?.version ?? 'none');
}

/** The version that a choice makes active; undefined where it is none. */
export function headAfter({ data, newest }: Pick<Heads, 'data' | 'newest'>, choice: HeadChoice): Head | undefined {
  if (choice.to === 'version') return choice.head;
  return choice.to === 'latest' ? data.find(({ version }) => version === newest) : undefined;
}

/** The comparison that a choice ends, as a sentence: a candidate is compared with the active version alone. */
export function sayEnd(heads: Pick<Heads, 'data' | 'newest'>, choice: HeadChoice): string | undefined {
  const active = heads.data.find((head) => head.active);
  const candidate = heads.data.find(({ state }) => state === 'candidate');
  const next = headAfter(heads, choice);
  if (active === undefined || candidate === undefined || next?.version === active.version) return undefined;
  const { version } = active;
  return next?.version === candidate.version
    ? `This ends its comparison with version ${version}, and going back to version ${version} does not take it up again.`
    : `Version ${candidate.version} is compared with version ${version} no more, and is dropped within the hour.`;
}

/** The version that the gateway took out of use, as long as none has taken its place. */
export function withdrawnOf({ data }: Pick<Heads, 'data'>): Head | undefined {
  return data.some(({ active }) => active) ? undefined : data.find(({ state }) => state === 'withdrawn');
}
