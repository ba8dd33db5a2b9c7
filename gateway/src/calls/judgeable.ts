import type { AnswerContent } from '../dialects/answer-content.ts';
import type { NeutralCall } from '../dialects/neutral.ts';

/** A longer text is not judged: the judge would read a part of it only. */
const charsMax = 20_000;

/** Can a judge read all that the models read? Not earlier turns, results of tools, pictures, files or sound. */
export function isJudgeableCall({ messages }: Pick<NeutralCall, 'messages'>): boolean {
  let turns = 0;
  let chars = 0;
  for (const { role, parts } of messages) {
    if (role === 'user') turns += 1;
    else if (role !== 'system') return false;
    for (const part of parts) {
      if (part.kind !== 'text') return false;
      chars += part.text.length;
    }
  }
  return turns === 1 && chars <= charsMax;
}

export function isJudgeableAnswer({ text, toolCalls }: AnswerContent): boolean {
  return toolCalls.length === 0 && text.trim() !== '' && text.length <= charsMax;
}
