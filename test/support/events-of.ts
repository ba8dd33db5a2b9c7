import type { Answer, AnswerPart, StreamEvent } from '../../gateway/src/dialects/neutral.ts';

/** An answer as a provider streams it, its words in small pieces. */
export function eventsOf({ id, model, parts, finish, usage }: Answer): StreamEvent[] {
  let calls = 0;
  return [
    { kind: 'start', id, model },
    ...parts.flatMap((part) => eventsOfPart(part, part.kind === 'tool-call' ? calls++ : 0)),
    { kind: 'finish', reason: finish },
    ...(usage === undefined ? [] : [{ kind: 'usage' as const, usage }]),
  ];
}

function eventsOfPart(part: AnswerPart, index: number): StreamEvent[] {
  const pieces = (text: string): string[] => text.match(/.{1,3}/gsu) ?? [];
  if (part.kind === 'tool-call') {
    const { arguments: args, ...call } = part;
    return [{ ...call, index }, ...pieces(args).map((text) => ({ kind: 'tool-arguments' as const, index, text }))];
  }
  const { kind } = part;
  const words = pieces(part.text).map((text) => ({ kind, text }));
  if (part.kind !== 'reasoning') return words;
  const { kind: _kind, text: _text, ...proof } = part;
  return [...words, { kind: 'reasoning-end', ...proof }];
}
