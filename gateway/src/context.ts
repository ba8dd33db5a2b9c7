import type { Caller } from './accounts/api-key.ts';
import type { Services } from './services.ts';
import type { CallTags } from './usage/call-record.ts';

/** What a handler acts with: who asks, and the world. */
export interface Context {
  caller: Caller;
  services: Services;
  /** The tags the request itself brings: headers, path, key. A handler that reads tags lets its own fields win. */
  tags: CallTags;
  /** Another status of success than the operation's own: 200 for what was there already. */
  setStatus(status: 200 | 201): void;
}
