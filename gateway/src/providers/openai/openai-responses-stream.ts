import { GrowingText } from '../../dialects/growing-text.ts';
import type { FinishReason, JsonObject, ServerSentEvent, StreamEvent } from '../../dialects/neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from '../../dialects/read-usage.ts';
import { argumentsText } from '../../dialects/tool-arguments.ts';
import type { StreamReader } from '../adapter.ts';
import { brokenArguments } from '../broken-call.ts';
import { cleanMessage } from '../failure.ts';
import { unreadableEvent } from '../openai-compatible/openai-answer.ts';
import { asArray, asObject, asText, parseObject } from '../read-json.ts';
import { failureIn, finishOf, proofOf, readCall } from './openai-responses-answer.ts';

export function responsesStreamReader(): StreamReader {
  return new ResponsesReader();
}

/** An item of the output under way, by its number there; what it has said so far is known, so that nothing is said twice. */
interface OpenItem {
  type: string;
  /** The number of a call, from 0 in the order they begin. */
  call: number;
  readonly written: GrowingText;
}

class ResponsesReader implements StreamReader {
  readonly #items = new Map<unknown, OpenItem>();
  #calls = 0;
  #started = false;
  #refused = false;
  #finish: FinishReason | undefined;

  push({ data }: ServerSentEvent): StreamEvent[] {
    const event = parseObject(data);
    if (event === undefined) return data.trim() === '' ? [] : [{ kind: 'error', message: unreadableEvent }];
    switch (event.type) {
      case 'response.created':
      case 'response.in_progress':
        return this.#start(asObject(event.response) ?? {});
      case 'response.output_item.added':
        return this.#open(event).events;
      case 'response.output_text.delta':
        return this.#say(event, 'text');
      case 'response.refusal.delta':
        return this.#say(event, 'refusal');
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#say(event, 'reasoning');
      case 'response.reasoning_summary_part.added':
        return Number(event.summary_index) > 0 ? [{ kind: 'reasoning', text: '\n\n' }] : [];
      case 'response.function_call_arguments.delta':
        return this.#argue(event, asText(event.delta) ?? '');
      case 'response.function_call_arguments.done':
        return this.#complete(event, event.arguments);
      case 'response.output_item.done':
        return this.#close(event);
      case 'response.completed':
      case 'response.incomplete':
        return this.#end(event);
      case 'response.failed':
        return [{ kind: 'error', message: failureIn(asObject(event.response) ?? {}).message, body: data }];
      case 'error':
        return [
          { kind: 'error', message: cleanMessage(event.message ?? asObject(event.error)?.message, 500), body: data },
        ];
      default:
        return [];
    }
  }

  end(): { events: StreamEvent[]; complete: boolean } {
    return this.#finish === undefined
      ? { events: [], complete: false }
      : { events: [{ kind: 'finish', reason: this.#finish }], complete: true };
  }

  #start(response: JsonObject): StreamEvent[] {
    if (this.#started) return [];
    this.#started = true;
    return [{ kind: 'start', id: asText(response.id) ?? '', model: asText(response.model) ?? '' }];
  }

  /** The item an event is about, begun now if nothing announced it. */
  #open(event: JsonObject): { item: OpenItem; events: StreamEvent[] } {
    const key = event.output_index ?? event.item_id;
    const known = this.#items.get(key);
    if (known !== undefined) return { item: known, events: [] };
    const said = asObject(event.item) ?? {};
    const type = asText(said.type) ?? '';
    const item: OpenItem = { type, call: this.#calls, written: new GrowingText() };
    this.#items.set(key, item);
    if (type !== 'function_call') return { item, events: [] };
    this.#calls += 1;
    const { id, name } = readCall(said);
    return { item, events: [{ kind: 'tool-call', index: item.call, id, name }] };
  }

  #say(event: JsonObject, kind: 'text' | 'refusal' | 'reasoning'): StreamEvent[] {
    const text = asText(event.delta);
    const { item, events } = this.#open(event);
    if (!text) return events;
    item.written.add(text);
    if (kind === 'refusal') this.#refused = true;
    const logprobs = asArray(event.logprobs) ?? [];
    return [
      ...events,
      kind === 'text' && logprobs.length > 0 ? { kind, text, logprobs: { content: logprobs } } : { kind, text },
    ];
  }

  #argue(event: JsonObject, text: string): StreamEvent[] {
    const { item, events } = this.#open(event);
    if (text === '' || item.type !== 'function_call') return events;
    item.written.add(text);
    return [...events, { kind: 'tool-arguments', index: item.call, text }];
  }

  /** The part of the whole arguments that the pieces did not have. */
  #complete(event: JsonObject, said: unknown): StreamEvent[] {
    const { item, events } = this.#open(event);
    const whole = said === '' || said === undefined ? '' : argumentsText(said);
    if (whole === undefined) return [{ kind: 'error', message: brokenArguments }];
    return [
      ...events,
      ...(whole.startsWith(`${item.written}`) ? this.#argue(event, whole.slice(item.written.length)) : []),
    ];
  }

  #close(event: JsonObject): StreamEvent[] {
    const said = asObject(event.item) ?? {};
    const { item, events } = this.#open(event);
    if (said.type === 'function_call') {
      const rest = this.#complete(event, said.arguments);
      // A call without arguments has an empty object of them everywhere.
      return [...events, ...rest, ...(item.written.length === 0 ? this.#argue(event, '{}') : [])];
    }
    if (said.type !== 'reasoning') return [...events, ...(item.written.length === 0 ? this.#unsaid(event, said) : [])];
    const proof = proofOf(said);
    const thoughts = item.written.length === 0 ? this.#thoughts(event, said) : [];
    return item.written.length === 0 && proof.signature === undefined
      ? events
      : [...events, ...thoughts, { kind: 'reasoning-end', ...proof }];
  }

  /** The words of a message that came whole, without a piece before. */
  #unsaid(event: JsonObject, { content }: JsonObject): StreamEvent[] {
    return (asArray(content) ?? []).flatMap((part) => {
      const { type, text, refusal } = asObject(part) ?? {};
      return type === 'refusal'
        ? this.#say({ ...event, delta: refusal }, 'refusal')
        : this.#say({ ...event, delta: text }, 'text');
    });
  }

  #thoughts(event: JsonObject, { summary }: JsonObject): StreamEvent[] {
    const text = (asArray(summary) ?? []).flatMap((part) => asText(asObject(part)?.text) || []).join('\n\n');
    return this.#say({ ...event, delta: text }, 'reasoning');
  }

  #end(event: JsonObject): StreamEvent[] {
    const response = asObject(event.response) ?? {};
    const started = this.#start(response);
    this.#finish = finishOf(
      { ...response, status: event.type === 'response.incomplete' ? 'incomplete' : 'completed' },
      { called: this.#calls > 0, refused: this.#refused },
    );
    const usage = withOpenAiExtras(readOpenAiUsage(response.usage), response);
    return usage === undefined ? started : [...started, { kind: 'usage', usage }];
  }
}
