import type { CachedAnswer } from './cached-answer.ts';

/** An answer with its times, by `performance.now()`: a clock that is set back makes nothing younger. */
export interface HeldAnswer {
  answer: CachedAnswer;
  workspaceId: string;
  storedAt: number;
  expiresAt: number;
}

/** The parts of an entry beside its body. */
const overheadBytes = 1_024;

/** The latest answers of this process, up to a number of bytes: the one that was not asked for longest goes first. */
export class MemoryTier {
  readonly #most: number;
  readonly #held = new Map<string, HeldAnswer>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string, now: number): HeldAnswer | undefined {
    const held = this.#held.get(key);
    if (held === undefined) return undefined;
    this.#held.delete(key);
    if (held.expiresAt <= now) {
      this.#bytes -= sizeOf(held);
      return undefined;
    }
    this.#held.set(key, held);
    return held;
  }

  set(key: string, held: HeldAnswer): void {
    this.delete(key);
    this.#held.set(key, held);
    this.#bytes += sizeOf(held);
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#most) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#bytes -= sizeOf(held);
  }

  /** Drops a workspace's answers, or all. */
  forget(workspaceId?: string): void {
    for (const [key, held] of this.#held)
      if (workspaceId === undefined || held.workspaceId === workspaceId) this.delete(key);
  }
}

function sizeOf({ answer }: HeldAnswer): number {
  return answer.body.length + overheadBytes;
}
