import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { chat } from '../../gateway/src/dialects/chat.ts';
import type { Dialect } from '../../gateway/src/dialects/dialect.ts';
import { messages } from '../../gateway/src/dialects/messages.ts';
import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { responses } from '../../gateway/src/dialects/responses.ts';

/** How a person with a vendor's own package asks, puts a stream together, and goes on. */
export interface PackageWay {
  dialect: Dialect;
  /** The first question, with thoughts wished for. */
  question(model: string, stream: boolean): JsonObject;
  /** The answer as the package puts it together from a stream. */
  gather(stream: string, question: JsonObject): Promise<unknown>;
  /** The next request: the answer as it came, a result for each of its calls, or more words. */
  goOn(question: JsonObject, answer: JsonObject): JsonObject;
}

function answering(stream: string): () => Promise<Response> {
  return async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}

const openAi = (stream: string): OpenAI => new OpenAI({ apiKey: 'k', fetch: answering(stream) });
const hello = { role: 'user', content: 'Hi' };
const more = { role: 'user', content: 'Go on.' };

export const packageWays: readonly PackageWay[] = [
  {
    dialect: chat,
    question: (model, stream) => ({
      model,
      stream,
      stream_options: { include_usage: true },
      reasoning_effort: 'low',
      max_tokens: 9_000,
      messages: [hello],
    }),
    gather: (stream, question) =>
      openAi(stream)
        .chat.completions.stream(question as never)
        .finalChatCompletion(),
    goOn: ({ messages: list, ...question }, answer) => {
      const message = (answer.choices as { message: JsonObject }[])[0]?.message ?? {};
      const calls = (message.tool_calls ?? []) as JsonObject[];
      const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
      return { ...question, messages: [...(list as []), message, ...(results.length === 0 ? [more] : results)] };
    },
  },
  {
    dialect: responses,
    question: (model, stream) => ({
      model,
      stream,
      reasoning: { effort: 'low' },
      max_output_tokens: 9_000,
      input: [hello],
    }),
    gather: (stream, question) =>
      openAi(stream)
        .responses.stream(question as never)
        .finalResponse(),
    goOn: ({ input, ...question }, { output }) => {
      const results = (output as JsonObject[])
        .filter(({ type }) => type === 'function_call')
        .map(({ call_id: id }) => ({ type: 'function_call_output', call_id: id, output: 'ok' }));
      return {
        ...question,
        input: [...(input as []), ...(output as []), ...(results.length === 0 ? [more] : results)],
      };
    },
  },
  {
    dialect: messages,
    question: (model, stream) => ({
      model,
      stream,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      max_tokens: 9_000,
      messages: [hello],
    }),
    gather: (stream, question) =>
      new Anthropic({ apiKey: 'k', fetch: answering(stream) }).messages.stream(question as never).finalMessage(),
    goOn: ({ messages: list, ...question }, { content }) => {
      const results = (content as JsonObject[])
        .filter(({ type }) => type === 'tool_use')
        .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }));
      const next = results.length === 0 ? more : { role: 'user', content: results };
      return { ...question, messages: [...(list as []), { role: 'assistant', content }, next] };
    },
  },
];
