import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';
import { givenNumber, type ImportedPrompt, textIn } from './imported-prompt.ts';
import { isPlaceholder, type PromptContent, type PromptMessage } from './prompt.ts';
import type { PromptRow } from './prompt-store.ts';

/**
 * A folder a prompt, a file a version, for git: the same prompts give the same bytes, without times, and a text of several lines is a
 * list of lines, so that a change of one is a change of one.
 *
 *     support-reply/prompt.json   name, description, aliases, clients, labels
 *     support-reply/0001.json     messages, variables, model, …
 */
export interface PromptFile {
  path: string;
  content: string;
}

export function writePromptFile({ id, name, description, aliases, client_ids, labels }: PromptRow): PromptFile {
  const sorted = Object.fromEntries(
    [...labels].sort((a, b) => (a.label < b.label ? -1 : 1)).map(({ label, version }) => [label, version]),
  );
  const content = {
    name,
    description,
    aliases: [...aliases].sort(),
    client_ids: [...client_ids].sort(),
    labels: sorted,
  };
  return { path: `${id}/prompt.json`, content: textOf(content) };
}

export function writeVersionFile(
  id: string,
  { version, content, note }: { version: number; content: PromptContent; note: string },
): PromptFile {
  // Snippets are in their places already.
  const { messages, snippets: _snippets, ...rest } = content;
  const file = { ...(note === '' ? {} : { note }), messages: messages.map(withLines), ...rest };
  return { path: `${id}/${String(version).padStart(4, '0')}.json`, content: textOf(file) };
}

function textOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A longer one would have more texts than a request may have. */
const linesMax = 2_000;

function withLines(message: PromptMessage): object {
  if (isPlaceholder(message) || typeof message.content !== 'string') return message;
  const lines = message.content.split('\n');
  return lines.length === 1 || lines.length > linesMax ? message : { ...message, content: lines };
}

const path = /^(?:.*\/)?([a-z0-9][a-z0-9_-]{0,63})\/(prompt|\d{1,9})\.json$/;

export function readPromptFiles(data: unknown): ImportedPrompt[] {
  const files = Array.isArray(data) ? data : isRecord(data) && Array.isArray(data.data) ? data.data : undefined;
  if (files === undefined || files.length === 0)
    throw new GatewayError('invalid_request', '`data` must be a list of files with `path` and `content`.', {
      param: 'data',
    });
  const prompts = new Map<string, ImportedPrompt>();
  for (const [i, file] of files.entries()) {
    const param = `data[${i}]`;
    const [, id, part] = isRecord(file) && typeof file.path === 'string' ? (path.exec(file.path) ?? []) : [];
    if (id === undefined || part === undefined || !isRecord(file) || typeof file.content !== 'string')
      throw new GatewayError('invalid_request', `\`${param}\` must be a file such as support-reply/0001.json.`, {
        param,
      });
    const prompt = prompts.get(id) ?? {
      ...{ id, name: id, description: '', aliases: [], clientIds: [], versions: [], labels: [] },
    };
    prompts.set(id, prompt);
    const content = parse(file.content, param);
    if (part === 'prompt') readHead(prompt, content);
    else prompt.versions.push(readVersion(Number(part), content));
  }
  for (const { versions } of prompts.values()) versions.sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
  return [...prompts.values()];
}

function parse(text: string, param: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Falls through to the same refusal as JSON that is no object.
  }
  throw new GatewayError('invalid_request', `\`${param}.content\` must be a JSON object.`, {
    param: `${param}.content`,
  });
}

function readHead(prompt: ImportedPrompt, head: JsonObject): void {
  const { name, description, aliases, client_ids } = head;
  prompt.name = textIn(name) ?? prompt.name;
  prompt.head = Object.fromEntries(
    Object.entries({ name, description, aliases, client_ids }).filter(([, value]) => value !== undefined),
  );
  prompt.labels = Object.entries(isRecord(head.labels) ? head.labels : {}).flatMap(([label, version]) => {
    const number = givenNumber(version);
    return number === undefined ? [] : [{ label, version: number }];
  });
}

function readVersion(number: number, { note, ...content }: JsonObject): ImportedPrompt['versions'][number] {
  const messages = Array.isArray(content.messages) ? content.messages.map(withoutLines) : content.messages;
  return { number, content: { ...content, messages }, note: textIn(note) ?? '' };
}

function withoutLines(message: unknown): unknown {
  if (!isRecord(message) || !Array.isArray(message.content)) return message;
  const lines: unknown[] = message.content;
  return lines.every((line) => typeof line === 'string') ? { ...message, content: lines.join('\n') } : message;
}
