import { type ChatForm, chatRequest } from 'n8n-nodes-ai-gateway/nodes/AiGateway/chat-request.ts';
import { describe, expect, test } from 'vitest';

const form: ChatForm = {
  model: 'auto',
  inputType: 'prompt',
  prompt: 'Is this an invoice?',
  messages: [],
  messagesJson: '[]',
  systemPrompt: '',
  outputFormat: 'text',
  jsonSchema: '',
  options: {},
};

describe('a filled-in form is a chat completion', () => {
  test('a prompt is the user’s message, after the system prompt', () => {
    expect(chatRequest({ ...form, systemPrompt: 'One word.' })).toEqual({
      model: 'auto',
      messages: [
        { role: 'system', content: 'One word.' },
        { role: 'user', content: 'Is this an invoice?' },
      ],
    });
  });

  test('a conversation is given message by message, or as JSON; empty messages are left out', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: ' ' },
    ];
    expect(chatRequest({ ...form, inputType: 'messages', messages }).messages).toEqual([messages[0]]);
    expect(chatRequest({ ...form, inputType: 'json', messagesJson: JSON.stringify(messages) }).messages).toEqual(
      messages,
    );
    expect(chatRequest({ ...form, inputType: 'json', messagesJson: messages }).messages).toEqual(messages);
  });

  test('braces in a prompt are text', () => {
    const prompt = 'Fill in {{ name }} and {{$json.x}}';
    expect(chatRequest({ ...form, prompt }).messages).toEqual([{ role: 'user', content: prompt }]);
  });

  test('images go with the last thing the user said', () => {
    const [message] = chatRequest({ ...form, options: { imageUrls: ['https://example.com/a.png', ''] } }).messages;
    expect(message?.content).toEqual([
      { type: 'text', text: 'Is this an invoice?' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    ]);
  });

  test('options are sent when they were set, zero included', () => {
    expect(
      chatRequest({ ...form, options: { temperature: 0, maxTokens: 9, fallbackModels: ['gpt-4o'] } }),
    ).toMatchObject({ temperature: 0, max_tokens: 9, fallback_models: ['gpt-4o'] });
    expect(Object.keys(chatRequest(form))).toEqual(['model', 'messages']);
  });

  test('a schema is strict when it is closed, and may be pasted as OpenAI shows it', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const strictOf = (schema: unknown) =>
      chatRequest({ ...form, outputFormat: 'json_schema', jsonSchema: JSON.stringify(schema) }).response_format;
    expect(strictOf(closed)).toMatchObject({ json_schema: { schema: closed, strict: true } });
    expect(strictOf({ name: 'x', schema: closed })).toMatchObject({ json_schema: { schema: closed, strict: true } });
    expect(strictOf({ ...closed, required: [] })).toMatchObject({ json_schema: { strict: false } });
    expect(strictOf({ type: 'array', items: { type: 'object', properties: {} } })).toMatchObject({
      json_schema: { strict: false },
    });
  });

  test.each([
    ['an empty prompt', { prompt: ' \n ' }, /nothing to answer/],
    ['no messages', { inputType: 'messages' }, /nothing to answer/],
    ['messages that are no JSON', { inputType: 'json', messagesJson: '[{' }, /not valid JSON/],
    ['messages that are no list', { inputType: 'json', messagesJson: '{}' }, /must be a list/],
    ['a schema that is no JSON', { outputFormat: 'json_schema', jsonSchema: '{"type":' }, /not valid JSON/],
    ['a schema that is a list', { outputFormat: 'json_schema', jsonSchema: '[]' }, /must be an object/],
    ['a schema without a type', { outputFormat: 'json_schema', jsonSchema: '{"a": 1}' }, /must say its "type"/],
    ['an image that is no URL', { options: { imageUrls: ['photo.png'] } }, /"photo.png" is not an image/],
    [
      'an image with nothing to go with',
      {
        inputType: 'messages',
        messages: [{ role: 'system', content: 'x' }],
        options: { imageUrls: ['https://x/y.png'] },
      },
      /needs a message of the user/,
    ],
  ] as const)('refused before anything is paid: %s', (_, given, message) => {
    expect(() => chatRequest({ ...form, ...given } as ChatForm)).toThrow(message);
  });
});
