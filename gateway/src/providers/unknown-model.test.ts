import { describe, expect, it } from 'vitest';
import { providerOf } from './providers.ts';

/** Each vendor's words for a model it does not have, or not for this account. */
const unknown = [
  [
    'openai',
    404,
    {
      error: {
        message: 'The model `gpt-9` does not exist or you do not have access to it.',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
  ],
  [
    'openai',
    404,
    {
      error: {
        message:
          'The model `gpt-4-32k` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
  ],
  [
    'openai',
    400,
    {
      error: {
        message: "The requested model 'gpt-9' does not exist.",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    },
  ],
  [
    'anthropic',
    404,
    { type: 'error', error: { type: 'not_found_error', message: 'model: claude-3-5-sonnet-20241022' } },
  ],
  [
    'gemini',
    404,
    {
      error: {
        code: 404,
        message:
          'models/gemini-1.5-pro is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.',
        status: 'NOT_FOUND',
      },
    },
  ],
  ['openai-compatible', 404, { error: 'model "qwen" not found, try pulling it first' }],
  [
    'openai-compatible',
    400,
    { object: 'error', message: 'Invalid model: mistral-large-2411', type: 'invalid_model', param: null, code: '1500' },
  ],
  [
    'openai-compatible',
    404,
    { object: 'error', message: 'The model `qwen` does not exist.', type: 'NotFoundError', code: 404 },
  ],
] as const;

/** A 404 or a 400 that is about something else. */
const others = [
  [
    'openai',
    404,
    { error: { message: "Item with id 'rs_1' not found.", type: 'invalid_request_error', param: 'input', code: null } },
  ],
  [
    'openai',
    404,
    { error: { message: 'No such File object: file-1', type: 'invalid_request_error', param: 'id', code: null } },
  ],
  [
    'openai',
    400,
    { error: { message: 'Unsupported parameter', type: 'invalid_request_error', param: 'top_k', code: null } },
  ],
  ['anthropic', 404, { type: 'error', error: { type: 'not_found_error', message: 'File not found: file_1' } }],
  ['anthropic', 400, { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: 1 is too few' } }],
  ['gemini', 404, { error: { code: 404, message: 'CachedContent not found', status: 'NOT_FOUND' } }],
] as const;

describe('a model the provider does not know', () => {
  it.each(unknown)('is read from the words of %s (%i)', (kind, status, body) => {
    expect(providerOf(kind).adapter.error(status, JSON.stringify(body))).toMatchObject({
      kind: 'caller',
      code: 'model_not_found',
    });
  });

  it.each(others)('is not read into other words of %s (%i)', (kind, status, body) => {
    expect(providerOf(kind).adapter.error(status, JSON.stringify(body))).toMatchObject({
      kind: 'caller',
      code: 'invalid_request',
    });
  });
});
