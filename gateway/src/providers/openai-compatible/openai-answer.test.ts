import { expect, it } from 'vitest';
import { chatStreamReader, readCompletion } from './openai-answer.ts';

it('an answer that fills the window of its model is cut', () => {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'And so' }, finish_reason: 'model_length' }];
  expect(readCompletion({ id: 'c', model: 'm', choices }).finish).toBe('length');
});

it('an error without the word "error" as its field ends a stream', () => {
  const event = { data: '{"object":"error","message":"Service unavailable.","type":"internal_server_error"}' };
  expect(chatStreamReader().push(event)).toEqual([{ kind: 'error', message: 'Service unavailable.' }]);
});
