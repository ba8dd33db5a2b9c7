import { createHash, randomUUID } from 'node:crypto';
import type { JsonObject, StreamEvent } from '../../dialects/neutral.ts';
import { argumentsText, isArguments, saysNothing } from '../../dialects/tool-arguments.ts';
import { brokenArguments, namelessCall } from '../broken-call.ts';
import { asObject, asText } from '../read-json.ts';

/** A call of a tool as its pieces come. It is announced once its name is known, and its id or a word of its arguments. */
interface GrowingCall {
  id: string | undefined;
  name: string | undefined;
  /** Undefined until it is announced. */
  index: number | undefined;
  arguments: string;
}

/**
 * Pieces of calls, put together by the number the server gives each call, else by its id, else by what came last: "" is as good
 * as absent. Calls get numbers from 0 in the order they are announced.
 */
export class ToolCalls {
  answerId = '';
  readonly #calls: GrowingCall[] = [];
  readonly #byNumber = new Map<number, GrowingCall>();
  #announced = 0;

  get any(): boolean {
    return this.#calls.length > 0;
  }

  take(piece: JsonObject): StreamEvent[] {
    const fn = asObject(piece.function);
    const id = asText(piece.id) || undefined;
    const name = asText(fn?.name) || undefined;
    const said = argumentsOf(fn?.arguments);
    if (said === undefined) return [{ kind: 'error', message: brokenArguments }];
    const number = numberOf(piece.index);
    const call = this.#find(number, { id, name, said }) ?? this.#begin(number);
    call.id ??= id;
    call.name ??= name;
    if (call.name === undefined || (call.index === undefined && call.id === undefined && said === '')) {
      call.arguments += said;
      return [];
    }
    const events = this.#announce(call);
    // Arguments that come before the call is announced wait.
    const text = events.length > 0 ? call.arguments + said : said;
    if (events.length === 0) call.arguments += said;
    else call.arguments = text;
    return text === '' ? events : [...events, { kind: 'tool-arguments', index: call.index ?? 0, text }];
  }

  /** Calls that never said more than their name; one without a name cannot be called. */
  end(): StreamEvent[] {
    return this.#calls.flatMap((call): StreamEvent[] => {
      if (call.index !== undefined) return [];
      if (call.name === undefined) return [{ kind: 'error', message: namelessCall }];
      return this.#announce(call);
    });
  }

  #find(
    number: unknown,
    { id, name, said }: { id: string | undefined; name: string | undefined; said: string },
  ): GrowingCall | undefined {
    const numbered = typeof number === 'number' ? this.#byNumber.get(number) : undefined;
    const named = id === undefined ? undefined : this.#calls.find((call) => call.id === id);
    if (typeof number !== 'number') {
      if (named !== undefined) return named;
      // Neither number nor id known: a name begins a call, anything else belongs to the last one.
      const latest = this.#calls.at(-1);
      if (name !== undefined && latest?.name !== undefined) return undefined;
      return id !== undefined && latest?.id !== undefined ? undefined : latest;
    }
    if (numbered === undefined) return undefined;
    if (named === numbered || name === undefined || numbered.name === undefined) return numbered;
    // Some servers number all of them 0: a new id with a name is a new call, and so is a whole call after a whole call.
    if (id !== undefined) return numbered.id === undefined && numbered.name === name ? numbered : undefined;
    return said !== '' && numbered.arguments.trim() !== '' && isArguments(numbered.arguments) ? undefined : numbered;
  }

  #begin(number: unknown): GrowingCall {
    const call: GrowingCall = { id: undefined, name: undefined, index: undefined, arguments: '' };
    this.#calls.push(call);
    if (typeof number === 'number') this.#byNumber.set(number, call);
    return call;
  }

  #announce(call: GrowingCall): StreamEvent[] {
    if (call.index !== undefined) return [];
    const index = this.#announced++;
    call.index = index;
    call.id ??= callId(this.answerId, index);
    return [{ kind: 'tool-call', index, id: call.id, name: call.name ?? '' }];
  }
}

/** The number of a call, which some servers write as text. */
function numberOf(index: unknown): unknown {
  return typeof index === 'string' && /^\d{1,4}$/.test(index) ? Number(index) : index;
}

/** A piece of arguments: text, or from some servers the whole of them as an object. Undefined for what can be neither. */
function argumentsOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value === 'null' || value === '[]' ? '' : value;
  const text = argumentsText(value);
  return text !== undefined && saysNothing(text) ? '' : text;
}

/** For a server that gives its calls no ids: the same streamed or not, and no other answer's. */
export function callId(answerId: string, index: number): string {
  const seed = answerId === '' ? randomUUID() : answerId;
  return `call_${createHash('sha256').update(`${seed}/${index}`).digest('hex').slice(0, 24)}`;
}
