import type { OutputOf } from '@ai-gateway/shared/contract';

/** The judges of compared answers as people read them. */
export const judges = {
  agreement: 'Equal answers',
  feedback: 'Feedback of your people',
  model: 'A model, by a rubric',
} as const;
export type Judge = keyof typeof judges;
export const judgeNames = Object.keys(judges) as Judge[];

export const judgeHelp: Readonly<Record<Judge, string>> = {
  agreement: 'JSON is compared by field, tool calls by name and arguments, short texts word by word.',
  feedback: 'No second answers: the scores of POST /v1/feedback count.',
  model: 'Free text too: the model compares both answers by your rubric.',
};

export function judgeOf({ judge }: OutputOf<'auto.get'>['learning']): Judge {
  return typeof judge === 'string' ? judge : 'model';
}
