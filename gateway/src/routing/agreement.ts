import type { AnswerContent } from '../dialects/answer-content.ts';
import { type JsonValue, readJson } from './json-value.ts';

/** The parts of an answer that a program can check: its JSON, its calls of tools, its few words. */
export type Checkable = 'json' | 'tools' | 'short';

/**
 * The parts of this answer that can be checked without a human; undefined for free text, which only a judge or feedback can compare.
 * `mustBeJson`: the call asked for JSON, by a schema or without.
 */
export function checkableOf(answer: AnswerContent, { mustBeJson }: { mustBeJson: boolean }): Checkable | undefined {
  if (answer.toolCalls.length > 0) return 'tools';
  if (mustBeJson) return 'json';
  return isShort(answer.text) ? 'short' : undefined;
}

/**
 * Do two answers to the same call agree? `texts`: all that both hold as JSON is long free text, which no program compares. Undefined: the JSON
 * of both is broken. Agreement is not correctness: both may be wrong.
 */
export function agree(kind: Checkable, one: AnswerContent, other: AnswerContent): boolean | 'texts' | undefined {
  if (kind === 'tools') return toolsText(one) === toolsText(other);
  if (kind === 'short') return other.toolCalls.length === 0 && shortText(one.text) === shortText(other.text);
  return jsonAgrees(one.text, other.text);
}

/** A token of English is about four bytes, and one of Chinese three: 32 tokens. */
const shortBytesMax = 128;

function isShort(text: string): boolean {
  const { length } = text;
  return length > 0 && length <= shortBytesMax && Buffer.byteLength(text) <= shortBytesMax;
}

/** One answer is broken: then they differ. Both are broken: then neither says anything. */
function jsonAgrees(one: string, other: string): boolean | 'texts' | undefined {
  const a = readJson(withoutFence(one));
  const b = readJson(withoutFence(other));
  if (a === undefined && b === undefined) return undefined;
  if (a === undefined || b === undefined) return false;
  const found = { fields: 0 };
  const same = sameJson(a.value, b.value, found);
  return found.fields === 0 && same ? 'texts' : same;
}

/** Models put JSON into a fence where nobody forbids it. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('```') || !trimmed.endsWith('```')) return trimmed;
  const head = trimmed.indexOf('\n');
  return head === -1 ? trimmed : trimmed.slice(head + 1, -3);
}

/**
 * Field by field; counts the fields that say something. A string that is long on both sides is free text and counts for nothing; a
 * member that is null is as good as one that is not there.
 */
function sameJson(a: JsonValue, b: JsonValue, found: { fields: number }): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (!isShort(a) && !isShort(b) && a !== '' && b !== '') return true;
    found.fields += 1;
    return shortText(a) === shortText(b);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length === 0) found.fields += 1;
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i] ?? null, found));
  }
  if (isMembers(a) && isMembers(b)) {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
      if (!sameJson(memberOf(a, name), memberOf(b, name), found)) return false;
    return true;
  }
  found.fields += 1;
  return a === b;
}

function memberOf(members: { [name: string]: JsonValue }, name: string): JsonValue {
  return Object.hasOwn(members, name) ? (members[name] ?? null) : null;
}

function isMembers(value: JsonValue): value is { [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The calls in an order of their own: which of two parallel calls comes first says nothing. */
function toolsText({ toolCalls }: AnswerContent): string {
  return JSON.stringify(toolCalls.map(({ name, arguments: text }) => [name, canonicalText(text)].join('\n')).sort());
}

/** Arguments that are not JSON are compared as they are. */
function canonicalText(text: string): string {
  const read = readJson(text.trim() === '' ? '{}' : text);
  return read === undefined ? text.trim() : canonicalJson(read.value);
}

/** JSON with its members in order and without those that are null. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'string') return JSON.stringify(shortText(value));
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isMembers(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((name) => value[name] !== null)
    .sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(memberOf(value, name))}`).join(',')}}`;
}

/** Case, spaces, quotes, Markdown's stars and the last full stop say nothing in a short answer. */
function shortText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/^[\s"'`*_“”‘’«»]+|[\s"'`*_“”‘’«».!。]+$/gu, '');
}
