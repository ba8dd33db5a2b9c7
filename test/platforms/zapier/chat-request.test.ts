import { completeChat } from '@ai-gateway/shared/operations/chat';
import { receiptOf } from '@ai-gateway/shared/steps/chat-step';
import { receiptOfBackground } from '@ai-gateway/zapier/background-answer';
import { chatAnswer } from '@ai-gateway/zapier/chat-answer';
import { chatRequest } from '@ai-gateway/zapier/chat-request';
import { describe, expect, test } from 'vitest';
import type { Json } from './zapier-host.ts';

const read = (form: Json) => chatRequest({ model: 'auto', prompt: 'Is this an invoice?', ...form }, {});

describe('a filled-in form is a chat completion', () => {
  test('a prompt is the user’s message, after the system prompt', () => {
    expect(read({ system_prompt: ' One word. ' })).toEqual({
      model: 'auto',
      messages: [
        { role: 'system', content: 'One word.' },
        { role: 'user', content: 'Is this an invoice?' },
      ],
      metadata: {},
    });
  });

  test('messages may come without a prompt, as line items or as JSON; empty ones are left out, and the user is the default speaker', () => {
    const lines = [{ role: 'assistant', content: 'Hi' }, { content: 'Hello' }, { role: 'user', content: '' }];
    const messages = [
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Hello' },
    ];
    expect(read({ prompt: '', messages: lines }).messages).toEqual(messages);
    expect(read({ prompt: null, messages: JSON.stringify(lines) }).messages).toEqual(messages);
  });

  test('a single message may come beside the other fields, where Zapier made no line item of it', () => {
    expect(read({ prompt: '', role: 'user', content: 'Hello' }).messages).toEqual([{ role: 'user', content: 'Hello' }]);
  });

  test('options are sent when they were set, zero included; empty is not set', () => {
    expect(read({ temperature: 0, max_tokens: '9', fallback_models: 'gpt-4o, gpt-5.4' })).toMatchObject({
      temperature: 0,
      max_tokens: 9,
      fallback_models: ['gpt-4o', 'gpt-5.4'],
    });
    const empty = {
      temperature: '',
      max_tokens: null,
      fallback_models: [],
      images: [],
      messages: [],
      output_format: '',
    };
    expect(Object.keys(read(empty))).toEqual(['model', 'messages', 'metadata']);
  });

  test('a schema is strict when it is closed, and may be pasted as OpenAI shows it', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const formatOf = (json_schema: unknown) => read({ output_format: 'json_schema', json_schema }).response_format;
    expect(formatOf(JSON.stringify(closed))).toMatchObject({ json_schema: { schema: closed, strict: true } });
    expect(formatOf({ name: 'x', schema: closed })).toMatchObject({ json_schema: { schema: closed, strict: true } });
    expect(formatOf({ ...closed, required: [] })).toMatchObject({ json_schema: { strict: false } });
  });

  test.each([
    ['an empty prompt', { prompt: ' \n ' }, /nothing to answer/],
    ['messages that are no JSON', { messages: '[{' }, /not valid JSON/],
    ['messages that are no list', { messages: '{}' }, /must be a list/],
    ['a schema that is no JSON', { output_format: 'json_schema', json_schema: '{"type":' }, /not valid JSON/],
    ['no schema', { output_format: 'json_schema' }, /not valid JSON/],
    ['a schema that is a list', { output_format: 'json_schema', json_schema: '[]' }, /must be an object/],
    ['a schema without a type', { output_format: 'json_schema', json_schema: '{"a": 1}' }, /must say its "type"/],
    ['an image that is no URL', { images: ['photo.png'] }, /"photo.png" is not an image/],
    [
      'an image with nothing to go with',
      { prompt: '', messages: [{ role: 'system', content: 'x' }], images: ['https://x/y.png'] },
      /needs a message of the user/,
    ],
  ])('refused before anything is paid: %s', (_, form, message) => {
    expect(() => read(form)).toThrow(message);
  });
});

describe('the answer of a chat completion', () => {
  const completion = completeChat.sample.output as Parameters<typeof chatAnswer>[0];

  test('has the same keys whether the Zap waited or was called back', () => {
    const waited = chatAnswer(completion, { asJson: false, receipt: receiptOf({}) });
    const calledBack = chatAnswer(completion, {
      asJson: false,
      receipt: receiptOfBackground({ id: 'bg_1', status: 'completed', response: completion }),
    });
    expect(Object.keys(calledBack)).toEqual(Object.keys(waited));
  });
});
