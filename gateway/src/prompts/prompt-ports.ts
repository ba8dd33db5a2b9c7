import type { Pool } from 'pg';
import type { Outbox } from '../events/outbox.ts';
import type { PromptCache } from './prompt-cache.ts';

/** The ports of the operations on prompts. */
export interface PromptPorts {
  db: Pool;
  now: () => number;
  /** 64 hex digits: seals texts. */
  secret: string;
  prompts: PromptCache;
  outbox: Outbox;
}
