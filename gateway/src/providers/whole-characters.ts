import type { StreamEvent } from '../dialects/neutral.ts';

type Piece = Extract<StreamEvent, { kind: 'text' | 'reasoning' | 'refusal' | 'tool-arguments' }>;

/**
 * An emoji is two halves in JavaScript, and a provider may cut a piece of its answer between them. The first half waits for the
 * next piece of the same text; one that never gets its other half is replaced by U+FFFD, which every client can read.
 */
export class WholeCharacters {
  #half: Piece | undefined;

  take(event: StreamEvent): StreamEvent[] {
    if (!isPiece(event)) {
      // Usage may come between two pieces; whatever else comes ends the text.
      return event.kind === 'usage' || event.kind === 'start' ? [event] : [...this.end(), event];
    }
    const half = this.#half;
    if (half === undefined && event.text.isWellFormed()) return [event];
    const isNext = half !== undefined && isSameText(half, event);
    const before = isNext ? [] : this.end();
    this.#half = undefined;
    const text = isNext ? half.text + event.text : event.text;
    const cut = /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length;
    if (cut < text.length) this.#half = { ...event, text: text.slice(cut) };
    const whole = text.slice(0, cut).toWellFormed();
    return whole === '' ? before : [...before, { ...event, text: whole }];
  }

  end(): StreamEvent[] {
    const half = this.#half;
    this.#half = undefined;
    return half === undefined ? [] : [{ ...half, text: '\uFFFD' }];
  }
}

function isPiece(event: StreamEvent): event is Piece {
  return (
    event.kind === 'text' || event.kind === 'reasoning' || event.kind === 'refusal' || event.kind === 'tool-arguments'
  );
}

function isSameText(one: Piece, other: Piece): boolean {
  if (one.kind !== other.kind) return false;
  return one.kind !== 'tool-arguments' || other.kind !== 'tool-arguments' || one.index === other.index;
}
