import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { CallWishes } from '../accounts/call-wishes.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Outline } from '../dialects/json-outline.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import type { UsedPrompt } from '../prompts/prompt.ts';
import type { Assignment } from '../routing/assign.ts';
import type { CallReport } from '../telemetry/call-report.ts';
import type { Cancellation } from './cancellation.ts';
import type { StreamSink } from './stream-run.ts';
import type { Bytes } from './stream-transform.ts';

/** One request to a model, as it stands after authentication and parsing: the input of the data path. */
export interface ModelCall {
  /** `req_…` */
  id: string;
  receivedAtMs: number;
  /** By `performance.now()`. */
  startedAt: number;
  caller: Caller;
  tags: CallTags;
  dialect: Dialect;
  body: Buffer;
  outline: Outline;
  json: JsonObject;
  /** `X-Gateway-Fallback`: a list, or none at all; undefined where the call says nothing. */
  fallbacks: readonly string[] | 'none' | undefined;
  /** `X-Gateway-Strict`: refuse rather than drop a parameter. */
  strict: boolean;
  /** Undefined where no header asks for anything. */
  wishes: CallWishes | undefined;
  /**
   * The prompt that the body was made from, and what of the call went into none of its variables. `gaveModel`, `gaveCache`: the caller named no
   * model, and asked for no answer from memory. Undefined for a call without one.
   */
  prompt?: (UsedPrompt & { dropped: readonly string[]; gaveModel: boolean; gaveCache: boolean }) | undefined;
  /** The label that meant the version of its prompt when a background call was accepted. Undefined where the caller named the version. */
  acceptedLabel?: string | undefined;
  /** The arm that chose the version of its prompt. */
  assigned?: Assignment | undefined;
  /** The only headers of a caller that reach a provider, and only Anthropic. */
  anthropicHeaders: Record<string, string>;
  /** Cancelled when the client has gone, or the process cannot wait any longer. */
  cancellation: Cancellation;
  /** The facts for log, metrics and traces when it is over. */
  report: CallReport;
}

export interface PlainAnswer {
  kind: 'plain';
  /** 200 unless said. */
  status?: number;
  headers: Record<string, string>;
  /** Why the model that answers was chosen, as it is written: its header is encoded, and may be cut. Undefined where none was chosen. */
  route?: string;
  body: Buffer | string;
}

export interface StreamAnswer {
  kind: 'stream';
  headers: Record<string, string>;
  /**
   * Sends the stream, settles the call, and hands back the closing bytes, which leave only after that. `whole` is false for an
   * answer that broke off.
   */
  pump(sink: StreamSink): Promise<{ tail: Bytes[]; whole: boolean }>;
}

export type ModelAnswer = PlainAnswer | StreamAnswer;

/** The client hung up before its answer began: there is nobody to tell. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}
