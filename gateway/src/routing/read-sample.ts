import { chat } from '../dialects/chat.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { messages } from '../dialects/messages.ts';
import type { DialectId, JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { responses } from '../dialects/responses.ts';

const dialects: Readonly<Record<DialectId, Dialect>> = { chat, responses, messages };

/** The dialect of a body whose endpoint is not known: only Anthropic's has its system text beside the messages. */
export function dialectOf(body: JsonObject, given: DialectId | undefined): Dialect {
  if (given !== undefined) return dialects[given];
  if (body.messages === undefined && (body.input !== undefined || body.previous_response_id !== undefined))
    return responses;
  return body.system !== undefined || body.anthropic_version !== undefined ? messages : chat;
}

/** A body for conditions to look at. One without a model, or without a ceiling where its dialect wants one, will do. */
export function readSample(body: JsonObject): NeutralCall {
  const dialect = dialectOf(body, undefined);
  return dialect.read({ model: 'auto', ...(dialect.id === 'messages' ? { max_tokens: 1 } : {}), ...body });
}
