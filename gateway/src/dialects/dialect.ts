import type { GatewayError } from '@ai-gateway/shared/errors';
import type { Answer, DialectId, JsonObject, NeutralCall, StreamEvent, Usage } from './neutral.ts';

/** The facts of a call that the writer of its answer needs. */
export interface AnswerContext {
  /** `req_…`; ids of answers are made from it where the dialect wants its own prefix (`chatcmpl-`, `resp_`, `msg_`). */
  requestId: string;
  createdAtMs: number;
  call: NeutralCall;
  /** An estimate, for a stream whose first event has to name the input tokens before the provider does. */
  inputTokens?: number | undefined;
}

/** Writes neutral events as server-sent events of one dialect. Pure; holds only the state of one stream. */
export interface StreamWriter {
  /** SSE text, perhaps empty. `finish` and `usage` are held back until `end`. */
  push(event: StreamEvent): string;
  /**
   * The frames that close the answer, apart from the very last one, which leaves only after the journal is closed and
   * the `: gateway {…}` comment has been written.
   */
  end(): { frames: string; last: string };
  /** The number of the next event, in a dialect that numbers them. */
  readonly nextNumber?: number | undefined;
}

/** Finds usage and the end in a stream of the same dialect while its bytes are relayed. Pure; one per stream. */
export interface RelayScanner {
  /**
   * Looks at one complete SSE frame (with its closing blank line).
   * `relay`: pass on. `withhold`: the usage chunk nobody asked for. `last`: the dialect's last event; hold it for the journal.
   * `error`: the provider's own error event inside the stream; it is passed on and the answer counts as broken.
   */
  frame(frame: Buffer): 'relay' | 'withhold' | 'last' | 'error';
  /**
   * Looks at several complete frames at once. True: all of them are to be passed on, and have been looked at. False: something
   * among them needs a look of its own, and nothing is kept of them.
   */
  skim?(frames: Buffer): boolean;
  /** The last usage seen, if any. */
  readonly usage: Usage | undefined;
  /** Usage reported before the answer is over: its input is whole, its output is not. */
  readonly begun: Usage | undefined;
  readonly model: string | undefined;
  /** Ids under which the vendor may keep what the stream carried: of the answer, and of its items. */
  readonly answerIds?: readonly string[] | undefined;
  /** The number behind that of the last event passed on, in a dialect that numbers them. */
  readonly nextNumber?: number | undefined;
  /** Answer text seen so far (text, reasoning, tool arguments), for an estimate when the stream is cut. */
  readonly text: string;
}

/** A dialect of clients: one request shape read, three answer shapes written. Pure. */
export interface Dialect {
  readonly id: DialectId;
  /** Throws `invalid_request` with `param` for a wrong type, no messages, and so on. */
  read(body: JsonObject): NeutralCall;
  /** The plain body. */
  answer(answer: Answer, context: AnswerContext): JsonObject;
  stream(context: AnswerContext): StreamWriter;
  /** The error body in this dialect's shape. */
  error(error: GatewayError, requestId: string): JsonObject;
  /** An SSE frame that ends a broken stream. */
  streamError(error: GatewayError, context: { requestId: string; number: number }): string;
  scanner(call: NeutralCall): RelayScanner;
  /** Reads usage and model off a plain body of this dialect that is about to be relayed; undefined when it is not an answer. */
  readPlain(
    body: JsonObject,
  ): { model: string; usage: Usage | undefined; text: string; answerIds?: readonly string[] | undefined } | undefined;
}
