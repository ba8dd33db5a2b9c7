import type { AnswerContext, StreamWriter } from './dialect.ts';
import type { FinishReason, JsonObject, StreamEvent, Usage } from './neutral.ts';
import { ItemIds, type ItemStatus, tokensOf } from './responses-items.ts';
import { writeCallProof } from './responses-proof.ts';
import { OpenCall, OpenCustomCall, OpenMessage, OpenReasoning, StreamOutput } from './responses-stream-items.ts';
import { originOf } from './responses-tools.ts';
import { type Ending, endingOf, responseObject } from './responses-write.ts';

export function responsesStream(context: AnswerContext): StreamWriter {
  return new ResponsesWriter(context);
}

type ToolCallEvent = Extract<StreamEvent, { kind: 'tool-call' }>;
type ReasoningEnd = Extract<StreamEvent, { kind: 'reasoning-end' }>;

/** Words and thoughts are open one at a time; calls stay open beside them to the end, since their arguments may interleave. */
class ResponsesWriter implements StreamWriter {
  readonly #context: AnswerContext;
  readonly #ids: ItemIds;
  readonly #out = new StreamOutput();
  readonly #calls = new Map<number, OpenCall | OpenCustomCall>();
  #open: OpenMessage | OpenReasoning | undefined;
  #model: string;
  #finish: FinishReason = 'stop';
  #usage: Usage | undefined;
  #begun = false;
  #refused = false;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#ids = new ItemIds(context.requestId);
    this.#model = context.call.model;
  }

  get nextNumber(): number {
    return this.#out.nextNumber;
  }

  push(event: StreamEvent): string {
    switch (event.kind) {
      case 'start':
        // Told with the first word: a provider that fails before it can still be replaced by another.
        this.#model = event.model;
        return '';
      case 'text': {
        const { frames, message } = this.#message();
        return frames + message.text(event.text, tokensOf(event.logprobs));
      }
      case 'refusal': {
        this.#refused = true;
        const { frames, message } = this.#message();
        return frames + message.refusal(event.text);
      }
      case 'reasoning': {
        const { frames, reasoning } = this.#reasoning();
        return frames + reasoning.text(event.text);
      }
      case 'reasoning-end':
        return this.#endReasoning(event);
      case 'tool-call':
        return this.#startCall(event);
      case 'tool-arguments':
        return this.#calls.get(event.index)?.arguments(event.text) ?? '';
      case 'finish':
        this.#finish = event.reason;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'error':
        return '';
    }
  }

  end(): { frames: string; last: string } {
    const ending = endingOf(this.#finish, this.#refused);
    const frames = this.#begin() + this.#closeAll(ending.status === 'incomplete');
    const type = ending.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
    return { frames, last: this.#out.frame(type, { response: this.#response(ending) }) };
  }

  #response(ending: Ending): JsonObject {
    return responseObject(this.#context, {
      ending,
      model: this.#model,
      output: this.#out.items,
      usage: this.#usage,
    });
  }

  #begin(): string {
    if (this.#begun) return '';
    this.#begun = true;
    const response = this.#response({ status: 'in_progress' });
    return this.#out.frame('response.created', { response }) + this.#out.frame('response.in_progress', { response });
  }

  #message(): { frames: string; message: OpenMessage } {
    if (this.#open instanceof OpenMessage) return { frames: '', message: this.#open };
    const before = this.#begin() + this.#closeOpen('completed');
    const message = new OpenMessage(this.#out, this.#ids.next('msg'));
    this.#open = message;
    return { frames: before + message.opening, message };
  }

  #reasoning(): { frames: string; reasoning: OpenReasoning } {
    if (this.#open instanceof OpenReasoning) return { frames: '', reasoning: this.#open };
    const before = this.#begin() + this.#closeOpen('completed');
    const reasoning = new OpenReasoning(this.#out, this.#ids.next('rs'));
    this.#open = reasoning;
    return { frames: before + reasoning.opening, reasoning };
  }

  #endReasoning(event: ReasoningEnd): string {
    if (event.redacted === undefined && event.signature === undefined)
      return this.#open instanceof OpenReasoning ? this.#closeOpen('completed') : '';
    // A redacted thought is no proof of the thought before it.
    const apart = event.redacted !== undefined && this.#open instanceof OpenReasoning && this.#open.hasText;
    const before = apart ? this.#closeOpen('completed') : '';
    const { frames, reasoning } = this.#reasoning();
    this.#open = undefined;
    return before + frames + reasoning.close(event);
  }

  #startCall(event: ToolCallEvent): string {
    let frames = this.#begin() + this.#closeOpen('completed');
    if (event.signature !== undefined) {
      const marker = new OpenReasoning(this.#out, this.#ids.next('rs'));
      frames += marker.opening + marker.closeWith(writeCallProof(event.id, event.signature));
    }
    const origin = originOf(this.#context.call.tools, event.name);
    const call = origin?.isCustom
      ? new OpenCustomCall(this.#out, this.#ids.next('ctc'), { ...event, origin })
      : new OpenCall(this.#out, this.#ids.next('fc'), { ...event, origin });
    this.#calls.set(event.index, call);
    return frames + call.opening;
  }

  #closeOpen(status: ItemStatus): string {
    const open = this.#open;
    this.#open = undefined;
    if (open instanceof OpenReasoning) return open.close({});
    return open?.close(status) ?? '';
  }

  /** Where an answer was cut, it was cut in its last item. */
  #closeAll(cut: boolean): string {
    const lastCall = this.#open === undefined ? Math.max(...this.#calls.keys()) : undefined;
    let frames = this.#closeOpen(cut ? 'incomplete' : 'completed');
    for (const [index, call] of this.#calls)
      frames += call.close(cut && index === lastCall ? 'incomplete' : 'completed');
    this.#calls.clear();
    return frames;
  }
}
