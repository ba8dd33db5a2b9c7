import type { JsonObject } from '../dialects/neutral.ts';

/** The values that a variable takes. */
export type VariableType = 'text' | 'number' | 'boolean' | 'choice' | 'json' | 'image' | 'messages';

/** A value that each call of a prompt brings along. */
export interface Variable {
  name: string;
  type: VariableType;
  required: boolean;
  /** Undefined: none. */
  default?: unknown;
  description?: string | undefined;
  /** Of a choice. */
  options?: readonly string[] | undefined;
}

/** A part of a message: `{type: 'text', text}` or `{type: 'image_url', image_url: {url, detail?}}`. */
export type PromptPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string } };

export type PromptRole = 'system' | 'developer' | 'user' | 'assistant';

export type PromptMessage = { role: PromptRole; content: string | PromptPart[] } | { placeholder: string };

/** The content of a version, as it is sealed: every snippet is in its place. */
export interface PromptContent {
  messages: PromptMessage[];
  variables: Variable[];
  model?: string | undefined;
  /** Defaults by their names in chat completions. */
  parameters: JsonObject;
  tools?: JsonObject[] | undefined;
  response_format?: JsonObject | undefined;
  fallback_models?: string[] | undefined;
  /** Fields that a call cannot change. */
  lock: string[];
  /** The snippets it was made with, `name@3`. */
  snippets: string[];
}

/** The model by which a call asks for the prompt's own. */
export const promptModel = 'prompt';

/** The version a call is made from. */
export interface UsedPrompt {
  id: string;
  version: number;
  /** Undefined where it was found by its number. */
  label: string | undefined;
}

export const promptsMax = 1_000;
export const versionsMax = 500;
export const versionNumberMax = 999_999_999;
export const contentBytesMax = 256 * 1024;
/** Of the messages of a prompt with every value in its place. */
export const renderedBytesMax = 1024 * 1024;
export const productionLabel = 'production';

export function isPlaceholder(message: PromptMessage): message is { placeholder: string } {
  return 'placeholder' in message;
}

/** `reply@7 (production)` */
export function nameOfUsed({ id, version, label }: UsedPrompt): string {
  return label === undefined ? `${id}@${version}` : `${id}@${version} (${label})`;
}

/** The same, read back. */
export function readUsedName(name: string): { id: string; version: number; label: string | null } {
  const [, id = '', version = '0', label] = /^(.*)@(\d+)(?: \((.*)\))?$/.exec(name) ?? [];
  return { id, version: Number(version), label: label ?? null };
}

/** The texts of a message, each of which may name variables. */
export function textsOf(message: PromptMessage): string[] {
  if (isPlaceholder(message)) return [];
  if (typeof message.content === 'string') return [message.content];
  return message.content.map((part) => (part.type === 'text' ? part.text : part.image_url.url));
}
