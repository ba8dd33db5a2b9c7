import type { StreamWriter } from '../dialects/dialect.ts';
import { withExactSchemas } from '../dialects/exact-json.ts';
import type { Answer, AnswerPart, NeutralCall, StreamEvent } from '../dialects/neutral.ts';
import { isArguments } from '../dialects/tool-arguments.ts';
import type { Adapter, ProviderRequest, StreamReader, Target } from './adapter.ts';
import { brokenArguments, brokenCall, namelessCall } from './broken-call.ts';
import { jsonAnswer, jsonWriter } from './json-text.ts';
import { type Renamed, renamed } from './tool-names.ts';
import { WholeCharacters } from './whole-characters.ts';

/** A call in the words of another vendor, and its answer in the caller's. */
export interface TranslatedCall {
  request: ProviderRequest & { dropped: readonly string[] };
  response(body: unknown): Answer;
  stream(): StreamReader;
  /** The caller's writer, with what this call needs before it. */
  writer(writer: StreamWriter): StreamWriter;
}

/**
 * Every adapter owes the caller this: names come back as they left, the answer names a model, a tool is
 * called with an object or not at all, JSON that was asked for parses, and no character is cut in two.
 */
export function translateCall(adapter: Adapter, call: NeutralCall, target: Target): TranslatedCall {
  const names = renamed(call, adapter.toolNames);
  const sent = withExactSchemas(onlyAllowed(names?.call ?? call, adapter));
  const json = call.output.kind !== 'text' && !adapter.keepsToJson;
  return {
    request: adapter.request(sent, target),
    response: (body) => {
      const answer = adapter.response(body);
      checkCalls(answer);
      const { parts, model, ...rest } = answer;
      const ids = new OwnIds();
      const whole = parts.map((part) => ids.give(wellFormed(restorePart(part, names))));
      const fitted: Answer = { ...rest, model: model || target.model, parts: whole };
      return json ? jsonAnswer(fitted, call.output) : fitted;
    },
    stream: () => new FinishedReader(adapter.stream(), { names, model: target.model }),
    // On the writer's side, so that what is held back is counted all the same.
    writer: (writer) => (json ? jsonWriter(writer, call.output) : writer),
  };
}

/** A provider that takes no list of allowed names is sent only the tools that may be called. */
function onlyAllowed(call: NeutralCall, adapter: Adapter): NeutralCall {
  const { allowedTools } = call;
  if (allowedTools === undefined || adapter.allowsTools(call)) return call;
  const tools = call.tools.filter(({ name }) => allowedTools.includes(name));
  return tools.length === 0 ? { ...call, toolChoice: { kind: 'none' } } : { ...call, tools };
}

function checkCalls({ parts, finish }: Answer): void {
  for (const part of parts) {
    if (part.kind !== 'tool-call') continue;
    if (part.name === '') throw brokenCall(namelessCall);
    // A cut answer says that it is one.
    if (finish !== 'length' && !isArguments(part.arguments)) throw brokenCall(brokenArguments);
  }
}

function restorePart(part: AnswerPart, names: Renamed | undefined): AnswerPart {
  return part.kind === 'tool-call' && names !== undefined ? { ...part, name: names.restore(part.name) } : part;
}

function wellFormed(part: AnswerPart): AnswerPart {
  if (part.kind === 'tool-call')
    return part.arguments.isWellFormed() ? part : { ...part, arguments: part.arguments.toWellFormed() };
  return part.text.isWellFormed() ? part : { ...part, text: part.text.toWellFormed() };
}

/** Results find their calls by their ids: of two calls with the same one the second gets its own. */
class OwnIds {
  readonly #taken = new Set<string>();

  give<Item extends { kind: string }>(item: Item): Item {
    if (item.kind !== 'tool-call' || !('id' in item) || typeof item.id !== 'string') return item;
    let { id } = item;
    for (let n = 2; this.#taken.has(id); n++) id = `${item.id}_${n}`;
    this.#taken.add(id);
    return id === item.id ? item : { ...item, id };
  }
}

class FinishedReader implements StreamReader {
  readonly #reader: StreamReader;
  readonly #names: Renamed | undefined;
  readonly #model: string;
  readonly #characters = new WholeCharacters();
  readonly #arguments = new Map<number, string>();
  readonly #ids = new OwnIds();

  constructor(reader: StreamReader, { names, model }: { names: Renamed | undefined; model: string }) {
    this.#reader = reader;
    this.#names = names;
    this.#model = model;
  }

  push(event: Parameters<StreamReader['push']>[0]): StreamEvent[] {
    return this.#follow(this.#reader.push(event));
  }

  end(): ReturnType<StreamReader['end']> {
    const { events, complete } = this.#reader.end();
    return { complete, events: [...this.#follow(events), ...this.#characters.end()] };
  }

  #follow(events: readonly StreamEvent[]): StreamEvent[] {
    return events.flatMap((event) => this.#characters.take(event)).map((event) => this.#finished(event));
  }

  #finished(event: StreamEvent): StreamEvent {
    switch (event.kind) {
      case 'start':
        return event.model === '' ? { ...event, model: this.#model } : event;
      case 'tool-call':
        if (event.name === '') return { kind: 'error', message: namelessCall };
        return this.#ids.give(this.#names === undefined ? event : { ...event, name: this.#names.restore(event.name) });
      case 'tool-arguments':
        this.#arguments.set(event.index, (this.#arguments.get(event.index) ?? '') + event.text);
        return event;
      case 'finish':
        return event.reason === 'length' || [...this.#arguments.values()].every(isArguments)
          ? event
          : { kind: 'error', message: brokenArguments };
      default:
        return event;
    }
  }
}
