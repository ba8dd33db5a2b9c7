import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from './json.ts';

/** What reached a fake, word for word. */
export interface RecordedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: doubles and capitals are to be seen. */
  rawHeaders: readonly string[];
  /** The body as it came. */
  text: string;
  /** The body read as JSON; `{}` where it is none. */
  json: Json;
  /** Milliseconds since 1970. */
  at: number;
  /** Set when the client hung up before the answer was over. */
  clientAborted: boolean;
}

/** What a fake would put on its invoice. */
export interface Billed {
  /** As the answer names itself in `x-request-id` or `request-id`. */
  requestId: string;
  model: string;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** False where the answer broke off, and then `outputTokens` is what had been sent by then. */
  complete: boolean;
}
