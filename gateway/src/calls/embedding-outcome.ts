import type { Usage } from '../dialects/neutral.ts';
import type { AttemptFailure } from './attempt.ts';
import type { Spent } from './spent.ts';

export type EmbeddingOutcome =
  | { kind: 'answered'; body: Buffer | string; usage: Usage | undefined }
  /** `spent` is undefined where the provider bills nothing. */
  | { kind: 'failed'; failure: AttemptFailure; spent?: Spent | undefined };
