import type { Caller } from '../accounts/api-key.ts';
import type { ProviderKind } from '../dialects/neutral.ts';
import type { CallTags, ClosedCall } from '../usage/call-record.ts';

/** Where an attempt went. */
export interface AttemptPlace {
  provider: string;
  kind: ProviderKind;
  /** As that provider names it. */
  model: string;
}

/** An attempt that came to nothing; the vendor's words are left out, since they may quote the caller. */
export interface AttemptReport extends AttemptPlace {
  /** `busy`, `timeout`, `account` … */
  error: string;
  status: number | undefined;
}

/** What there is to say of one request to a model endpoint once it is over; filled as it goes, never a text, a header or a key. */
export interface CallReport {
  /** `req_…` */
  readonly id: string;
  readonly endpoint: string;
  readonly startedAt: number;
  readonly ip: string | undefined;
  /** `bg_…` of a call that is answered by callback. */
  readonly background: string | undefined;
  caller: Caller | undefined;
  tags: CallTags | undefined;
  modelRequested: string | undefined;
  streamed: boolean;
  /** The first answer to its Idempotency-Key was sent again. */
  replayed: boolean;
  failures: AttemptReport[] | undefined;
  /** The candidate that answered, or the last one tried; undefined where none was. */
  place: AttemptPlace | undefined;
  /** As the journal has it; undefined where the call was refused before it was opened. */
  closed: ClosedCall | undefined;
}

export function newReport({
  id,
  endpoint,
  startedAt,
  ip,
  background,
}: Pick<CallReport, 'id' | 'endpoint' | 'startedAt'> & Partial<Pick<CallReport, 'ip' | 'background'>>): CallReport {
  return {
    id,
    endpoint,
    startedAt,
    ip,
    background,
    caller: undefined,
    tags: undefined,
    modelRequested: undefined,
    streamed: false,
    replayed: false,
    failures: undefined,
    place: undefined,
    closed: undefined,
  };
}

/** How it went for the client. */
export interface CallEnd {
  /** The HTTP status; 499 for a client that left before its answer began. */
  status: number;
  errorCode: string | undefined;
}
