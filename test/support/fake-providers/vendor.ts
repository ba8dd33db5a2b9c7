import type { Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** How one vendor speaks: its doors, its way of rendering an answer, and its words for what is wrong. */
export interface Vendor {
  readonly name: string;
  readonly apiKey: string;
  /** The part of the base URL that its SDK expects. */
  readonly basePath: string;
  /** Undefined where the vendor has no such door. */
  endpoint(method: string, path: string): Endpoint | undefined;
  noSuchEndpoint(method: string, path: string): Refusal;
  /** Undefined for the right key. */
  refuseKey(request: RecordedRequest): Refusal | undefined;
  /** A body that is no JSON object. */
  refuseBody(text: string): Refusal;
  failure(failure: Failure): Refusal;
  /** What the vendor adds to each of its answers. */
  headers(requestId: string): Record<string, string>;
}

export type Endpoint = AnswerEndpoint | DirectEndpoint;

/** A door behind which a model answers. */
export interface AnswerEndpoint {
  kind: 'answer';
  /** The vendor's own refusal, or undefined where it would take the request. */
  check(request: RecordedRequest, issued: Issued): Refusal | undefined;
  ask(request: RecordedRequest): Asked;
  plain(answer: Answer): unknown;
  /** Whole server-sent events. */
  frames(answer: Answer): string[];
  errorFrame(answer: Answer): string;
}

/** A door behind which no model speaks: embeddings, the list of models. */
export interface DirectEndpoint {
  kind: 'direct';
  check(request: RecordedRequest): Refusal | undefined;
  respond(request: RecordedRequest): { body: unknown; model: string; inputTokens: number };
}

export interface Refusal {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export type Failure =
  | { kind: 'status'; status: number; retryAfterSeconds?: number | undefined }
  | { kind: 'context-length' }
  | { kind: 'no-credit' };

/** The proofs of reasoning a fake has given out: it knows its own when they come back. */
export interface Issued {
  knows(signature: string): boolean;
}

export function frame(data: unknown, event?: string): string {
  const line = `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
  return event === undefined ? line : `event: ${event}\n${line}`;
}
