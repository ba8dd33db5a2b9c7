import type { NeutralCall, Part, ProviderKind } from '../dialects/neutral.ts';

/** What a part of a conversation is, where not every vendor takes it, and who does. */
export type Media = 'audio' | 'file-url';

export const takers: Readonly<Record<Media, { kinds: readonly ProviderKind[]; vendors: string }>> = {
  audio: { kinds: ['openai', 'openai-compatible', 'gemini'], vendors: 'OpenAI and Gemini' },
  'file-url': { kinds: ['openai', 'anthropic', 'gemini'], vendors: 'OpenAI, Anthropic and Gemini' },
};

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
