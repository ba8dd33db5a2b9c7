import type { RelayScanner } from './dialect.ts';
import type { JsonObject, Usage } from './neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from './read-usage.ts';
import { parseFrame, TextCollector } from './scan-frame.ts';

/** Follows a stream of OpenAI's own while it is relayed. Only the few frames that carry the whole response are parsed. */
export class ResponsesScanner implements RelayScanner {
  readonly #texts = new TextCollector(['delta']);
  /** A frame or several, of which the last counts. */
  #latest: Buffer | undefined;
  usage: Usage | undefined;
  /** OpenAI reports nothing before its answer is over. */
  readonly begun = undefined;
  model: string | undefined;
  answerIds: readonly string[] = [];

  get text(): string {
    return this.#texts.text;
  }

  /** Read when it is asked for, which is in a stream that breaks. */
  get nextNumber(): number {
    const number = this.#latest === undefined ? undefined : parseFrame(lastFrame(this.#latest))?.sequence_number;
    return typeof number === 'number' ? number + 1 : 0;
  }

  skim(frames: Buffer): boolean {
    if (telling.some((word) => frames.includes(word))) return false;
    this.#texts.add(frames);
    this.#latest = frames;
    return true;
  }

  frame(frame: Buffer): ReturnType<RelayScanner['frame']> {
    const verdict = this.#judge(frame);
    if (verdict === 'relay') this.#latest = frame;
    return verdict;
  }

  #judge(frame: Buffer): ReturnType<RelayScanner['frame']> {
    switch (kindOf(frame)) {
      case 'response.created':
        this.#look(frame);
        return 'relay';
      case 'response.completed':
      case 'response.incomplete':
        this.#look(frame);
        return 'last';
      case 'response.failed':
        this.#look(frame);
        return 'error';
      case 'error':
        return 'error';
      default:
        this.#texts.add(frame);
        return 'relay';
    }
  }

  #look(frame: Buffer): void {
    const response = (parseFrame(frame)?.response ?? {}) as JsonObject;
    if (typeof response.model === 'string') this.model = response.model;
    this.usage = withOpenAiExtras(readOpenAiUsage(response.usage), response) ?? this.usage;
    this.answerIds = idsOf(response);
  }
}

/** A response can be continued by its own id, and referred to by the ids of its items. */
export function idsOf({ id, output }: JsonObject): string[] {
  const items = Array.isArray(output) ? output.map((item) => ((item ?? {}) as JsonObject).id) : [];
  return [id, ...items].filter((one) => typeof one === 'string');
}

/** A frame of these kinds has one of these words somewhere, as the model's own words may. */
const telling = ['response.created', 'response.completed', 'response.incomplete', 'response.failed', 'error'].map(
  (word) => Buffer.from(word),
);

function lastFrame(frames: Buffer): Buffer {
  const before = frames.lastIndexOf('\n\n', frames.length - 3);
  return before < 0 ? frames : frames.subarray(before + 2);
}

const eventField = Buffer.from('event:');
const typeFirst = Buffer.from('data: {"type":"');
const LF = 10;
const QUOTE = 34;

/**
 * The kind of an event stands at the very beginning of its frame, on a line of its own or as the first field. Where a server
 * writes it elsewhere the frame is parsed: further on, the same words may be the model's.
 */
function kindOf(frame: Buffer): string | undefined {
  if (startsWith(frame, eventField)) return frame.toString('latin1', eventField.length, frame.indexOf(LF)).trim();
  if (startsWith(frame, typeFirst))
    return frame.toString('latin1', typeFirst.length, frame.indexOf(QUOTE, typeFirst.length));
  const event = parseFrame(frame);
  if (typeof event?.type === 'string') return event.type;
  return typeof event?.error === 'object' && event.error !== null ? 'error' : undefined;
}

function startsWith(frame: Buffer, head: Buffer): boolean {
  return frame.length > head.length && frame.compare(head, 0, head.length, 0, head.length) === 0;
}
