import { describe, expect, it } from 'vitest';
import { openAiFailure } from './openai-error.ts';

/** A stream has no status of its own: its errors are judged as if they had come with a 500. */
describe("an error inside OpenAI's stream", () => {
  const failed = (error: object) => JSON.stringify({ type: 'response.failed', response: { status: 'failed', error } });
  const event = (error: object) => JSON.stringify({ type: 'error', sequence_number: 3, param: null, ...error });

  it.each([
    [{ code: 'server_error', message: 'It broke.' }, 'broken'],
    [{ code: 'rate_limit_exceeded', message: 'Slow down.' }, 'busy'],
    [{ code: 'insufficient_quota', message: 'You exceeded your current quota.' }, 'account'],
  ])('%j is of kind %s, as an event and in the response it ends', (error, kind) => {
    expect(openAiFailure(500, failed(error))).toMatchObject({ kind, message: error.message });
    expect(openAiFailure(500, event(error))).toMatchObject({ kind, message: error.message });
  });
});
