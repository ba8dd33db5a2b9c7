import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { GatewayError } from '@ai-gateway/shared/errors';

/** Memory in KiB. */
export interface HashParameters {
  memory: number;
  passes: number;
  parallelism: number;
}

export interface PasswordHash {
  hash: Buffer;
  salt: Buffer;
  parameters: HashParameters;
}

/** OWASP's for Argon2id (Password Storage Cheat Sheet, 2025): 19 MiB, two passes, one lane. */
const parameters: HashParameters = { memory: 19 * 1_024, passes: 2, parallelism: 1 };

/** An unknown address is compared with this: it takes as long as a wrong password. */
const nobody: PasswordHash = { hash: Buffer.alloc(32), salt: Buffer.alloc(16), parameters };

/** Two, and one where a second would leave the calls no core: each takes one for itself. */
const atOnce = Math.min(2, Math.max(1, availableParallelism() - 1));
const derive = promisify(argon2);

/** Makes and compares hashes of passwords, two at a time at most: fifty sign-ins at once must not take the processor from the calls. */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #waitingMax: number;

  constructor({ waitingMax = 200 }: { waitingMax?: number } = {}) {
    this.#waitingMax = waitingMax;
  }

  async hash(password: string): Promise<PasswordHash> {
    const salt = randomBytes(16);
    return { hash: await this.#derive(password, { salt, parameters }), salt, parameters };
  }

  /** Undefined is the hash of a person who is not there or has no password: it takes as long, and never matches. */
  async matches(password: string, stored: PasswordHash | undefined): Promise<boolean> {
    const { hash, salt, parameters } = stored ?? nobody;
    return timingSafeEqual(await this.#derive(password, { salt, parameters }), hash) && stored !== undefined;
  }

  /** Was a hash made with other parameters than those of today? */
  isOutdated({ parameters: { memory, passes, parallelism } }: PasswordHash): boolean {
    return memory !== parameters.memory || passes !== parameters.passes || parallelism !== parameters.parallelism;
  }

  async #derive(password: string, { salt, parameters }: Omit<PasswordHash, 'hash'>): Promise<Buffer> {
    await this.#turn();
    try {
      // Two spellings of one character are one password.
      const message = password.normalize('NFKC');
      return await derive('argon2id', { message, nonce: salt, tagLength: 32, ...parameters });
    } finally {
      // Handed over as it is: in the moment between, somebody who has just come would take it too.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= atOnce) {
      if (this.#waiting.length >= this.#waitingMax)
        throw new GatewayError('service_unavailable', 'Too many people sign in at this moment. Try again soon.', {
          retryAfterSeconds: 5,
        });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return;
    }
    this.#running += 1;
  }
}
