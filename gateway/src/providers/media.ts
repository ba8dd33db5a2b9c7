import type { NeutralCall, Part } from '../dialects/neutral.ts';

/** Parts of a conversation that not every vendor takes. */
export type Media = 'audio' | 'file-url';

const none: readonly Media[] = [];

export function mediaOf({ messages }: Pick<NeutralCall, 'messages'>): readonly Media[] {
  let found: Media[] | undefined;
  const look = (part: Part): void => {
    if (part.kind === 'audio' || part.kind === 'file-url') {
      found ??= [];
      found.push(part.kind);
    } else if (part.kind === 'tool-result') part.content.forEach(look);
  };
  for (const { parts } of messages) parts.forEach(look);
  return found ?? none;
}
