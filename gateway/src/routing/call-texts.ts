import type { Message, NeutralCall } from '../dialects/neutral.ts';

/** A long text is read at its beginning and at its end: instructions lie there, and the cost of reading is bounded. */
export function cutText(text: string, { first, last }: { first: number; last: number }): string {
  return text.length <= first + last ? text : `${text.slice(0, first)}\n${text.slice(-last)}`;
}

export function systemTextOf({ messages }: Pick<NeutralCall, 'messages'>): string {
  let text = '';
  for (const message of messages) if (message.role === 'system') text = joined(text, textOf(message));
  return text;
}

/** The text of the newest message of the user that has any. */
export function lastUserTextOf({ messages }: Pick<NeutralCall, 'messages'>): string {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message?.role !== 'user') continue;
    const text = textOf(message);
    if (text !== '') return text;
  }
  return '';
}

export function firstUserTextOf({ messages }: Pick<NeutralCall, 'messages'>): string {
  for (const message of messages) if (message.role === 'user') return textOf(message);
  return '';
}

function textOf({ parts }: Message): string {
  let text = '';
  for (const part of parts) if (part.kind === 'text') text = joined(text, part.text);
  return text;
}

function joined(before: string, text: string): string {
  return before === '' ? text : `${before}\n${text}`;
}
