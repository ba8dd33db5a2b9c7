import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chat } from '../../gateway/src/dialects/chat.ts';
import type { Dialect } from '../../gateway/src/dialects/dialect.ts';
import { messages } from '../../gateway/src/dialects/messages.ts';
import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { responses } from '../../gateway/src/dialects/responses.ts';
import { translateCall } from '../../gateway/src/providers/translated-call.ts';
import { type Conversation, conversations, inChat, inMessages, inResponses } from '../support/conversation.ts';
import { claude } from '../support/spoken-claude.ts';
import { google } from '../support/spoken-gemini.ts';
import { chatOpenAi, responsesOpenAi } from '../support/spoken-openai.ts';
import { type SpokenVendor, spokenKey } from '../support/spoken-turns.ts';

const models = [
  { vendor: claude, model: 'claude-3-haiku-20240307' },
  { vendor: claude, model: 'claude-sonnet-4-5' },
  { vendor: claude, model: 'claude-opus-5' },
  { vendor: google, model: 'gemini-2.5-flash' },
  { vendor: google, model: 'gemini-3-pro-preview' },
  { vendor: chatOpenAi, model: 'gpt-4o' },
  { vendor: chatOpenAi, model: 'gpt-5' },
  { vendor: responsesOpenAi, model: 'gpt-5-pro' },
];
const others: { dialect: Dialect; write(conversation: Conversation): JsonObject }[] = [
  { dialect: responses, write: inResponses },
  { dialect: messages, write: inMessages },
];

describe.each(models)('$model', ({ vendor, model }) => {
  it.each(others)('is asked the same in the words of $dialect.id as in those of chat', ({ dialect, write }) => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        const asked = sent(vendor, model, { dialect: chat, asked: inChat(conversation) });
        expect(sent(vendor, model, { dialect, asked: write(conversation) })).toEqual(asked);
      }),
      { numRuns: 100 },
    );
  });
});

/** The body for the vendor, which takes it, and how many wishes it cannot honour. */
function sent(
  { adapter, vendor, path }: SpokenVendor,
  model: string,
  { dialect, asked }: { dialect: Dialect; asked: JsonObject },
): { body: JsonObject; dropped: number } {
  const { kind } = adapter;
  const target = { kind, provider: kind, baseUrl: 'https://vendor.example/v1', apiKey: spokenKey, model };
  const { request } = translateCall(adapter, dialect.read(asked), target);
  const body = JSON.parse(request.body) as JsonObject;
  expect(vendor.refuse({ method: 'POST', path, headers: request.headers, json: body, aborted: false })).toBeUndefined();
  for (const name of request.dropped) expect([name, isSaid(asked, name.split('.'))]).toEqual([name, true]);
  return { body, dropped: request.dropped.length };
}

/** Does the caller's body have a field of this name? */
function isSaid(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return value !== undefined;
  if (Array.isArray(value)) return value.some((item) => isSaid(item, [name, ...rest]));
  return typeof value === 'object' && value !== null && isSaid((value as JsonObject)[name], rest);
}
