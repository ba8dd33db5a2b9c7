import type { Caller } from './api-key.ts';
import type { Audit } from './audit-entry.ts';
import type { CallTags } from './call-tags.ts';
import type { CallHeaders } from './call-wishes.ts';

/** A handler acts with these: the caller, and the ports that its operation needs. */
export interface Context<Ports> {
  caller: Caller;
  services: Ports;
  /** The tags the request itself brings: headers, path, key. A handler that reads tags lets its own fields win. */
  tags: CallTags;
  /** The same, with the tags of a call's `metadata`: those of a model call. */
  tagsWith(metadata: unknown): CallTags;
  /** The headers of the request as a model call reads them; `json` is its body. */
  callHeaders(json: Record<string, unknown>): CallHeaders;
  /** The header `If-Match` as it was written; undefined where none came. */
  ifMatch: string | undefined;
  /** Another status of success than the operation's own: 200 for what was there already. */
  setStatus(status: 200 | 201): void;
  /** Writes the operation's row of the audit log, in the transaction of the change. Each operation that changes something calls it. */
  audit: Audit;
}
