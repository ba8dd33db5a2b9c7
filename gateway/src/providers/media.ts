import type { NeutralCall, Part } from '../dialects/neutral.ts';

/** Parts of a conversation that not every vendor takes. */
export type Media = 'audio' | 'file-url';

const none: readonly Media[] = [];

export function mediaOf({ messages }: Pick<NeutralCall, 'messages'>): readonly Media[] {
  let found = none;
  for (const { parts } of messages) found = withMedia(found, parts);
  return found;
}

/** Nearly every call has none, and then nothing is made. */
function withMedia(before: readonly Media[], parts: readonly Part[]): readonly Media[] {
  let found = before;
  for (const part of parts)
    if (part.kind === 'audio' || part.kind === 'file-url') found = [...found, part.kind];
    else if (part.kind === 'tool-result') found = withMedia(found, part.content);
  return found;
}
