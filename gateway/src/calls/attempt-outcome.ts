import type { Usage } from '../dialects/neutral.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import type { AttemptFailure } from './attempt.ts';
import type { AnswerChecks } from './check-answer.ts';
import type { Spent } from './spent.ts';
import type { StreamRun } from './stream-run.ts';

export interface AttemptPorts {
  now: () => number;
  httpPools: HttpPools;
}

export type Answered =
  | {
      kind: 'plain';
      body: Buffer | string;
      model: string;
      usage: Usage | undefined;
      text: string;
      /** Ids under which the vendor may keep the answer. */
      answerIds?: readonly string[] | undefined;
      /** Left out where the call asked for nothing that can be checked. */
      checks?: AnswerChecks | undefined;
      dropped: readonly string[];
      firstByteAt: number | undefined;
    }
  | {
      kind: 'stream';
      run: Pick<StreamRun, 'attach' | 'transform' | 'abort'>;
      /** The provider's failure inside its stream, if any. */
      failure: () => AttemptFailure | undefined;
      dropped: readonly string[];
      firstByteAt: () => number | undefined;
    };

export type Tried =
  | Answered
  /** `spent` is undefined where the provider bills nothing: it was never reached, or refused. */
  | { kind: 'failed'; failure: AttemptFailure; spent?: Spent | undefined }
  /** A stream's client has left, or the process stops. */
  | { kind: 'gone'; spent?: Spent | undefined };
