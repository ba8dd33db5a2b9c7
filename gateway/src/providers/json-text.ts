import type { StreamWriter } from '../dialects/dialect.ts';
import type { Answer, AnswerPart, NeutralCall, StreamEvent } from '../dialects/neutral.ts';

type Output = NeutralCall['output'];

/**
 * Callers who ask for JSON parse the answer. Models that have JSON as an instruction only put a code fence or a sentence around it:
 * where exactly one JSON value is inside, that is the answer. Text with none, or with several, stays whole.
 */
export function jsonAnswer(answer: Answer, output: Output): Answer {
  if (isRefused(answer.finish)) return answer;
  const texts = answer.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const text = texts.join('');
  const value = texts.length === 0 ? undefined : onlyValue(text, output);
  if (value === undefined || value === text) return answer;
  let written = false;
  const parts = answer.parts.flatMap((part): AnswerPart[] => {
    if (part.kind !== 'text') return [part];
    if (written) return [];
    written = true;
    return [{ kind: 'text', text: value }];
  });
  return { ...answer, parts };
}

function isRefused(finish: Answer['finish']): boolean {
  return finish === 'refusal' || finish === 'content-filter';
}

/** The one JSON value in a text; undefined where there is none, or more than one. */
function onlyValue(text: string, output: Output): string | undefined {
  // A quoted text is JSON too, but not what `json_object` promises.
  if (isJson(text) && (output.kind !== 'json' || text.trimStart().startsWith('{'))) return text;
  const values = valuesIn(text, output);
  return values.length === 1 ? values[0] : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Looking for the end of each opening bracket in turn would take the square of a long text full of them. */
const triesMax = 64;

/** At most two: more need not be known. */
function valuesIn(text: string, output: Output): string[] {
  const opening = openingOf(output);
  const values: string[] = [];
  let at = 0;
  for (let tries = 0; tries < triesMax && values.length < 2; tries++) {
    const from = text.slice(at).search(opening);
    if (from < 0) break;
    const begin = at + from;
    const end = new ValueEnd().find(text, begin);
    const value = end === undefined ? undefined : text.slice(begin, end);
    if (value !== undefined && isJson(value)) {
      values.push(value);
      at = begin + value.length;
    } else at = begin + 1;
  }
  return values;
}

/** `json_object` is an object; a schema may want a list. */
function openingOf(output: Output): RegExp {
  return output.kind === 'json-schema' && output.schema.type !== 'object' ? /[{[]/ : /\{/;
}

/** Follows brackets and strings to the end of an object or a list that comes in pieces. */
class ValueEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** The index behind the last bracket, where this piece holds it. */
  find(text: string, from = 0): number | undefined {
    for (let at = from; at < text.length; at++) {
      const character = text[at];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (character === '\\') this.#escaped = true;
        else if (character === '"') this.#inString = false;
      } else if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') this.#depth += 1;
      else if (character === '}' || character === ']') {
        this.#depth -= 1;
        if (this.#depth === 0) return at + 1;
      }
    }
    return undefined;
  }
}

const fence = /^\s*```[a-zA-Z0-9]*\s*/;
const beginsFence = /^\s*`{0,3}[a-zA-Z0-9]*\s*$/;

/** The same, streamed: a value that begins the answer, fenced or not, is written as it comes; words before it wait for the end. */
export function jsonWriter(writer: StreamWriter, output: Output): StreamWriter {
  const text = new JsonText(output);
  const write = (words: string): string => (words === '' ? '' : writer.push({ kind: 'text', text: words }));
  return {
    get nextNumber() {
      return writer.nextNumber;
    },
    push(event: StreamEvent) {
      if (event.kind === 'text') return write(text.take(event.text));
      if (event.kind === 'usage' || event.kind === 'start') return writer.push(event);
      const isFinal = event.kind === 'finish' && isRefused(event.reason);
      return write(text.end(isFinal)) + writer.push(event);
    },
    end: () => {
      const rest = write(text.end(false));
      const { frames, last } = writer.end();
      return { frames: rest + frames, last };
    },
  };
}

class JsonText {
  readonly #output: Output;
  #state: 'before' | 'value' | 'after' | 'words' = 'before';
  #held = '';
  #value = '';
  #end = new ValueEnd();

  constructor(output: Output) {
    this.#output = output;
  }

  take(text: string): string {
    if (this.#state === 'value') return this.#continue(text);
    this.#held += text;
    if (this.#state !== 'before') return '';
    const body = this.#held.replace(fence, '').trimStart();
    if (body === '' || beginsFence.test(this.#held)) return '';
    if (body.search(openingOf(this.#output)) !== 0) {
      this.#state = 'words';
      return '';
    }
    this.#state = 'value';
    this.#held = '';
    return this.#continue(body);
  }

  #continue(text: string): string {
    const end = this.#end.find(text);
    const said = end === undefined ? text : text.slice(0, end);
    this.#value += said;
    if (end !== undefined) {
      this.#state = 'after';
      this.#held = text.slice(end);
    }
    return said;
  }

  /** The text that is still to be sent. `whole`: nothing may be taken away. */
  end(whole: boolean): string {
    const left = whole ? this.#held : this.#left();
    this.#state = 'before';
    this.#held = '';
    this.#value = '';
    this.#end = new ValueEnd();
    return left;
  }

  #left(): string {
    if (this.#state === 'after')
      return isJson(this.#value) && valuesIn(this.#held, this.#output).length === 0 ? '' : this.#held;
    return onlyValue(this.#held, this.#output) ?? this.#held;
  }
}
