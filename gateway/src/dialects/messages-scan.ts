import type { RelayScanner } from './dialect.ts';
import type { JsonObject, Usage } from './neutral.ts';
import { readAnthropicUsage } from './read-usage.ts';
import { parseFrame, TextCollector } from './scan-frame.ts';

/** Follows a stream of Anthropic's while it is relayed. Only the few frames that are not words of the model are parsed. */
export class MessagesScanner implements RelayScanner {
  readonly #texts = new TextCollector(['text', 'thinking', 'partial_json']);
  #counts: JsonObject = {};
  /** The output count of `message_start` is a beginning; only `message_delta` has the count. */
  #isCounted = false;
  model: string | undefined;
  answerIds: readonly string[] = [];

  get usage(): Usage | undefined {
    return this.#isCounted ? readAnthropicUsage(this.#counts) : undefined;
  }

  get begun(): Usage | undefined {
    return this.#isCounted ? undefined : readAnthropicUsage({ output_tokens: 0, ...this.#counts });
  }

  get text(): string {
    return this.#texts.text;
  }

  skim(frames: Buffer): boolean {
    if (kinds.some((word) => frames.includes(word))) return false;
    this.#texts.add(frames);
    return true;
  }

  frame(frame: Buffer): ReturnType<RelayScanner['frame']> {
    const event = isTelling(frame) ? parseFrame(frame) : undefined;
    switch (event?.type) {
      case 'message_start': {
        const message = asObject(event.message);
        if (typeof message.model === 'string') this.model = message.model;
        if (typeof message.id === 'string') this.answerIds = [message.id];
        this.#count(message.usage);
        return 'relay';
      }
      case 'message_delta':
        this.#count(event.usage);
        this.#isCounted ||= typeof asObject(event.usage).output_tokens === 'number';
        return 'relay';
      case 'message_stop':
        return 'last';
      case 'error':
        return 'error';
      default:
        this.#texts.add(frame);
        return 'relay';
    }
  }

  /** Counts are cumulative: later ones take the place of earlier ones. Newer versions repeat the input's, older ones do not. */
  #count(usage: unknown): void {
    const given = Object.entries(asObject(usage)).filter(([, value]) => value !== null);
    this.#counts = { ...this.#counts, ...Object.fromEntries(given) };
  }
}

const kinds = ['message_', 'error'].map((word) => Buffer.from(word));
const headBytes = 120;

/** The kind of an event is named at its very beginning. The model may use these words too; parsing tells. */
function isTelling(frame: Buffer): boolean {
  const head = frame.subarray(0, headBytes);
  return kinds.some((word) => head.includes(word));
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
