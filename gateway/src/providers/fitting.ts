import { writeExact } from '../dialects/exact-json.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';

/** The changes to a body of a provider's own dialect for one model: members as JSON text, members to leave out. */
export interface Fit {
  set: Readonly<Record<string, string>>;
  remove: readonly string[];
  /** In the caller's words, what is left out or has another value. Another name for the same thing is not a loss. */
  dropped: readonly string[];
}

export interface FitOptions {
  model: string;
  /** The address of the server, where one is known. */
  baseUrl?: string | undefined;
  json: JsonObject;
  call: NeutralCall;
  /** The most tokens of answer to ask for, where the gateway says less than the caller. */
  ceiling?: number | undefined;
}

/** Gathers changes, and makes nothing where there are none. */
export class Fitting {
  readonly #set: Record<string, string> = {};
  readonly #remove: string[] = [];
  readonly #dropped: string[] = [];

  set(member: string, value: unknown): void {
    this.#set[member] = writeExact(value);
  }

  /** `name`: its name in the caller's words; undefined where nobody misses it. */
  remove(member: string, name?: string): void {
    this.#remove.push(member);
    if (name !== undefined) this.drop(name);
  }

  drop(name: string): void {
    if (!this.#dropped.includes(name)) this.#dropped.push(name);
  }

  get result(): Fit | undefined {
    return this.#remove.length === 0 && this.#dropped.length === 0 && Object.keys(this.#set).length === 0
      ? undefined
      : { set: this.#set, remove: this.#remove, dropped: this.#dropped };
  }
}

/** A member that is there and not null. */
export function given(json: JsonObject, member: string): boolean {
  return json[member] !== undefined && json[member] !== null;
}
