import type { Message } from '../dialects/neutral.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import type { CallFacts } from './call-facts.ts';
import type { PatternSet } from './rule-patterns.ts';
import { folded, Words } from './rule-words.ts';

/** Of a long text its beginning and its end are looked at. */
const [headChars, tailChars] = [3_000, 1_000];

function cut(text: string): string {
  return text.length <= headChars + tailChars + 1 ? text : `${text.slice(0, headChars)}\n${text.slice(-tailChars)}`;
}

/** One text of a call, as conditions look at it: each form of it is made once, when a condition asks. */
export class TextFact {
  readonly raw: string;
  readonly #patterns: PatternSet;
  #folded: string | undefined;
  #words: Words | undefined;
  #casedWords: Words | undefined;
  #matches: readonly number[] | undefined;
  #mayHavePhrases: boolean | undefined;

  constructor(raw: string, patterns: PatternSet) {
    this.raw = raw;
    this.#patterns = patterns;
  }

  get folded(): string {
    this.#folded ??= folded(this.raw);
    return this.#folded;
  }

  get words(): Words {
    this.#words ??= new Words(this.folded);
    return this.#words;
  }

  get casedWords(): Words {
    this.#casedWords ??= new Words(this.raw.normalize('NFC'));
    return this.#casedWords;
  }

  matches(pattern: number): boolean {
    return this.hasMatches && this.#matches?.includes(pattern) === true;
  }

  /** Does any pattern of any rule match? */
  get hasMatches(): boolean {
    this.#matches ??= this.#patterns.matches(this.raw);
    return this.#matches.length > 0;
  }

  /** False for nearly every text: no phrase of any rule is in it. */
  get mayHavePhrases(): boolean {
    this.#mayHavePhrases ??= this.#patterns.firstWords.mayBeIn(this.raw);
    return this.#mayHavePhrases;
  }
}

/** A match of some pattern, or a word that begins a phrase. */
export type TextNeed = 'match' | 'phrase';

/** The fields of a call that conditions look at, read when they are asked for and remembered for the call. */
export class RuleFacts {
  readonly facts: CallFacts;
  readonly #patterns: PatternSet;
  /** The facts that rules ask of first, and nearly always of nothing else. */
  #text: TextFact | undefined;
  /** Of every field that a rule asks for. */
  #texts: Map<string, readonly TextFact[]> | undefined;

  constructor(facts: CallFacts, patterns: PatternSet) {
    this.facts = facts;
    this.#patterns = patterns;
  }

  /** The texts of a field: none where the call has none, several for `tool`. */
  texts(field: string): readonly TextFact[] {
    this.#texts ??= new Map();
    let texts = this.#texts.get(field);
    if (texts === undefined) {
      texts =
        field === 'text'
          ? [this.#newestText()]
          : textsOf(field, this.facts).map((text) => new TextFact(text, this.#patterns));
      this.#texts.set(field, texts);
    }
    return texts;
  }

  /** False for nearly every text: then no rule that asks for this needs to be looked at. Every rule asks. */
  mayMeet(need: TextNeed): boolean {
    const text = this.#newestText();
    return need === 'match' ? text.hasMatches : text.mayHavePhrases;
  }

  #newestText(): TextFact {
    this.#text ??= new TextFact(cut(lastUserText(this.facts.call.messages)), this.#patterns);
    return this.#text;
  }

  number(field: string): number | undefined {
    const { call, inputTokens, budgetPercentUsed } = this.facts;
    switch (field) {
      case 'input_tokens':
        return likelyInputTokens(call, inputTokens);
      case 'max_tokens':
        return call.maxTokens;
      case 'messages':
        return call.messages.length;
      case 'tools':
        return call.tools.length;
      case 'budget_percent_used':
        return budgetPercentUsed();
      default:
        return undefined;
    }
  }

  boolean(field: string): boolean {
    const { call } = this.facts;
    switch (field) {
      case 'has_images':
        return hasPart(call.messages, ['image']);
      case 'has_files':
        return hasPart(call.messages, ['file', 'file-url']);
      case 'json_schema':
        return call.output.kind === 'json-schema';
      default:
        return call.stream;
    }
  }
}

function hasPart(messages: readonly Message[], kinds: readonly string[]): boolean {
  return messages.some(({ parts }) =>
    parts.some((part) =>
      part.kind === 'tool-result' ? part.content.some(({ kind }) => kinds.includes(kind)) : kinds.includes(part.kind),
    ),
  );
}

function textsOf(field: string, { call, tags, keyId, json, prompt, topic }: CallFacts): readonly string[] {
  switch (field) {
    case 'system':
      return [cut(systemText(call.messages))];
    case 'tool':
      return call.tools.map(({ name }) => name);
    case 'model':
      return [call.model];
    case 'dialect':
      return [call.dialect];
    case 'key_id':
      return [keyId];
    case 'client_id':
      return given(tags.client);
    case 'project':
      return given(tags.project);
    case 'scenario_id':
      return given(tags.scenario);
    case 'platform':
      return given(tags.platform);
    case 'prompt_id':
      return given(prompt?.id);
    case 'effort':
      return given(call.reasoning?.effort);
    case 'topic':
      return given(topic?.());
    default:
      return given(metadataText(json.metadata, field.slice('metadata.'.length)));
  }
}

function given(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

function metadataText(metadata: unknown, name: string): string | undefined {
  if (typeof metadata !== 'object' || metadata === null || !Object.hasOwn(metadata, name)) return undefined;
  const value = (metadata as Record<string, unknown>)[name];
  return typeof value === 'string' ? cut(value) : typeof value === 'object' ? undefined : String(value);
}

function lastUserText(messages: readonly Message[]): string {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message?.role !== 'user') continue;
    const text = textOf(message);
    if (text !== '') return text;
  }
  return '';
}

function systemText(messages: readonly Message[]): string {
  return messages
    .filter(({ role }) => role === 'system')
    .map(textOf)
    .join('\n');
}

function textOf({ parts }: Message): string {
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'text') return first.text;
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
}
