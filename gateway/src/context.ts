import type { Caller } from './accounts/api-key.ts';
import type { Services } from './services.ts';

/** What a handler acts with: who asks, and the world. */
export interface Context {
  caller: Caller;
  services: Services;
}
