import { toErrorBody } from '@ai-gateway/shared/errors';
import { readChat } from './chat-read.ts';
import { ChatScanner } from './chat-scan.ts';
import { chatStream, writeChat } from './chat-write.ts';
import type { Dialect } from './dialect.ts';
import type { JsonObject } from './neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from './read-usage.ts';

/** OpenAI chat completions. */
export const chat: Dialect = {
  id: 'chat',
  read: readChat,
  answer: writeChat,
  stream: chatStream,
  error: (error) => ({ ...toErrorBody(error) }),
  streamError: (error) => `data: ${JSON.stringify(toErrorBody(error))}\n\n`,
  scanner: (call) => new ChatScanner(call),
  readPlain: (body) => {
    const { choices, model } = body;
    if (!Array.isArray(choices) || typeof model !== 'string') return undefined;
    const usage = withOpenAiExtras(readOpenAiUsage(body.usage), body);
    return { model, usage, text: usage === undefined ? textOf(choices) : '' };
  },
};

/** The answer's text, for an estimate; read only where no usage came. */
function textOf(choices: readonly unknown[]): string {
  return choices
    .map((choice) => {
      const message = (choice as { message?: JsonObject } | null)?.message ?? {};
      const calls = Array.isArray(message.tool_calls) ? JSON.stringify(message.tool_calls) : '';
      return (
        [message.reasoning_content, message.content, message.refusal]
          .filter((part) => typeof part === 'string')
          .join('') + calls
      );
    })
    .join('');
}
