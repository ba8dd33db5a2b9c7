import { GrowingText } from './growing-text.ts';
import type { JsonObject, ReasoningPart, ToolOrigin } from './neutral.ts';
import {
  callItem,
  type ItemStatus,
  messageItem,
  reasoningItem,
  refusalPart,
  summaryPart,
  textPart,
} from './responses-items.ts';
import { writeProof } from './responses-proof.ts';
import { customArguments, customInput } from './responses-tools.ts';

/** The frames of one stream, numbered, and the items written so far. */
export class StreamOutput {
  readonly items: JsonObject[] = [];
  #sequence = 0;

  get nextNumber(): number {
    return this.#sequence;
  }

  frame(type: string, fields: JsonObject): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...fields })}\n\n`;
  }

  /** Takes the next place in the output. The item stands there as it began until it is finished. */
  add(item: JsonObject): { index: number; frames: string } {
    const index = this.items.push(item) - 1;
    return { index, frames: this.frame('response.output_item.added', { output_index: index, item }) };
  }

  finish(index: number, item: JsonObject): string {
    this.items[index] = item;
    return this.frame('response.output_item.done', { output_index: index, item });
  }
}

/** An item under way: each method gives the frames of its step. */
class OpenItem {
  protected readonly out: StreamOutput;
  protected readonly id: string;
  protected readonly index: number;
  /** The frames that announce the item. */
  readonly opening: string;

  constructor(out: StreamOutput, id: string, item: JsonObject) {
    this.out = out;
    this.id = id;
    const { index, frames } = out.add(item);
    this.index = index;
    this.opening = frames;
  }

  protected get place(): JsonObject {
    return { item_id: this.id, output_index: this.index };
  }
}

type MessagePart = { kind: 'text' | 'refusal'; text: GrowingText; logprobs: JsonObject[] };

/** Words and refusals, which are parts of one message. */
export class OpenMessage extends OpenItem {
  readonly #content: JsonObject[] = [];
  #part: MessagePart | undefined;

  constructor(out: StreamOutput, id: string) {
    super(out, id, messageItem(id, 'in_progress', []));
  }

  text(delta: string, logprobs: JsonObject[]): string {
    const { frames, part } = this.#open('text');
    part.text.add(delta);
    part.logprobs.push(...logprobs);
    return frames + this.out.frame('response.output_text.delta', { ...this.#at, delta, logprobs });
  }

  refusal(delta: string): string {
    const { frames, part } = this.#open('refusal');
    part.text.add(delta);
    return frames + this.out.frame('response.refusal.delta', { ...this.#at, delta });
  }

  close(status: ItemStatus): string {
    return this.#closePart() + this.out.finish(this.index, messageItem(this.id, status, this.#content));
  }

  get #at(): JsonObject {
    return { ...this.place, content_index: this.#content.length };
  }

  #open(kind: MessagePart['kind']): { frames: string; part: MessagePart } {
    if (this.#part?.kind === kind) return { frames: '', part: this.#part };
    const closed = this.#closePart();
    const part: MessagePart = { kind, text: new GrowingText(), logprobs: [] };
    this.#part = part;
    return {
      frames: closed + this.out.frame('response.content_part.added', { ...this.#at, part: written(part) }),
      part,
    };
  }

  #closePart(): string {
    const open = this.#part;
    if (open === undefined) return '';
    const part = written(open);
    const text = `${open.text}`;
    const frames =
      (open.kind === 'text'
        ? this.out.frame('response.output_text.done', { ...this.#at, text, logprobs: open.logprobs })
        : this.out.frame('response.refusal.done', { ...this.#at, refusal: text })) +
      this.out.frame('response.content_part.done', { ...this.#at, part });
    this.#part = undefined;
    this.#content.push(part);
    return frames;
  }
}

function written({ kind, text, logprobs }: MessagePart): JsonObject {
  return kind === 'text' ? textPart(`${text}`, { logprobs }) : refusalPart(`${text}`);
}

/** Thoughts are a summary of one part; proofs without a thought have none. */
export class OpenReasoning extends OpenItem {
  readonly #text = new GrowingText();

  constructor(out: StreamOutput, id: string) {
    super(out, id, reasoningItem(id, ''));
  }

  text(delta: string): string {
    const added =
      this.#text.length === 0
        ? this.out.frame('response.reasoning_summary_part.added', { ...this.#at, part: summaryPart('') })
        : '';
    this.#text.add(delta);
    return added + this.out.frame('response.reasoning_summary_text.delta', { ...this.#at, delta });
  }

  close(proof: Pick<ReasoningPart, 'signature' | 'signedBy' | 'redacted'>): string {
    return this.closeWith(writeProof(proof));
  }

  closeWith(proof: string): string {
    const text = `${this.#text}`;
    const summary =
      text === ''
        ? ''
        : this.out.frame('response.reasoning_summary_text.done', { ...this.#at, text }) +
          this.out.frame('response.reasoning_summary_part.done', { ...this.#at, part: summaryPart(text) });
    return summary + this.out.finish(this.index, reasoningItem(this.id, text, proof));
  }

  get hasText(): boolean {
    return this.#text.length > 0;
  }

  get #at(): JsonObject {
    return { ...this.place, summary_index: 0 };
  }
}

/** A call under way, as the model names its tool. */
interface BegunCall {
  id: string;
  name: string;
  origin: ToolOrigin | undefined;
}

/** A call of a tool. Several may be under way side by side. */
export class OpenCall extends OpenItem {
  readonly #call: BegunCall;
  readonly #arguments = new GrowingText();

  constructor(out: StreamOutput, id: string, call: BegunCall) {
    super(out, id, callItem(id, 'in_progress', { ...call, arguments: '' }, call.origin));
    this.#call = call;
  }

  arguments(delta: string): string {
    this.#arguments.add(delta);
    return this.out.frame('response.function_call_arguments.delta', { ...this.place, delta });
  }

  close(status: ItemStatus): string {
    // A call without arguments has an empty object of them, for clients that read the deltas alone too.
    const empty = this.#arguments.length === 0 && status === 'completed' ? this.arguments('{}') : '';
    const { origin, ...named } = this.#call;
    const call = { ...named, arguments: `${this.#arguments}` };
    return (
      empty +
      this.out.frame('response.function_call_arguments.done', {
        ...this.place,
        name: origin?.name ?? call.name,
        arguments: call.arguments,
      }) +
      this.out.finish(this.index, callItem(this.id, status, call, origin))
    );
  }
}

/** A call of a tool that takes free text. It comes as JSON, so it is shown once it is whole. */
export class OpenCustomCall extends OpenItem {
  readonly #call: BegunCall;
  readonly #arguments = new GrowingText();

  constructor(out: StreamOutput, id: string, call: BegunCall) {
    super(out, id, callItem(id, 'in_progress', { ...call, arguments: customArguments('') }, call.origin));
    this.#call = call;
  }

  arguments(delta: string): string {
    this.#arguments.add(delta);
    return '';
  }

  close(status: ItemStatus): string {
    const { origin, ...named } = this.#call;
    const call = { ...named, arguments: `${this.#arguments}` };
    const input = customInput(call.arguments);
    return (
      this.out.frame('response.custom_tool_call_input.delta', { ...this.place, delta: input }) +
      this.out.frame('response.custom_tool_call_input.done', { ...this.place, input }) +
      this.out.finish(this.index, callItem(this.id, status, call, origin))
    );
  }
}
