import type { InputOf, OutputOf } from '@ai-gateway/shared/contract';

/** A version of a prompt as the editor has it, and as the API takes it. Pure. */

export type VersionInput = Omit<InputOf<'prompts.versions.create'>, 'id'>;
type Version = OutputOf<'prompts.versions.get'>;

export const roles = ['system', 'developer', 'user', 'assistant'] as const;
export type Role = (typeof roles)[number];

export interface MessageDraft {
  /** `parts`: a content of several parts, such as a text and a picture, as JSON. */
  kind: 'text' | 'parts' | 'placeholder';
  role: Role;
  /** The text, the parts as JSON, or the name of the placeholder. */
  text: string;
}

export const types = ['text', 'number', 'boolean', 'choice', 'json', 'image', 'messages'] as const;
export type VariableType = (typeof types)[number];

export interface VariableDraft {
  name: string;
  type: VariableType;
  isRequired: boolean;
  default: string;
  description: string;
  /** One a line. */
  options: string;
}

export interface VersionDraft {
  messages: readonly MessageDraft[];
  variables: readonly VariableDraft[];
  model: string;
  temperature: string;
  maxTokens: string;
  /** JSON: the parameters without a field of their own. */
  parameters: string;
  tools: string;
  responseFormat: string;
  /** One a line. */
  fallbackModels: string;
  /** One a line. */
  lock: string;
  note: string;
}

export function emptyVersion(): VersionDraft {
  return {
    messages: [
      { kind: 'text', role: 'system', text: '' },
      { kind: 'text', role: 'user', text: '' },
    ],
    variables: [],
    ...{ model: '', temperature: '', maxTokens: '', parameters: '' },
    ...{ tools: '', responseFormat: '', fallbackModels: '', lock: '', note: '' },
  };
}

/** Empty fields are left out. A text that cannot be read stays as it is typed, and the API says what is wrong with it. */
export function inputOfVersion(draft: VersionDraft): VersionInput {
  const { model, temperature, maxTokens, note } = draft;
  const others = jsonOf(draft.parameters);
  const parameters = {
    ...(isRecord(others) ? others : {}),
    ...(temperature.trim() === '' ? {} : { temperature: numberOf(temperature) }),
    ...(maxTokens.trim() === '' ? {} : { max_tokens: numberOf(maxTokens) }),
  };
  const input = {
    messages: draft.messages.map(messageOf),
    variables: draft.variables.map(variableOf),
    parameters: others === undefined || isRecord(others) ? parameters : others,
    note: note.trim(),
    ...(model.trim() === '' ? {} : { model: model.trim() }),
    ...given('tools', jsonOf(draft.tools)),
    ...given('response_format', jsonOf(draft.responseFormat)),
    ...given('fallback_models', listOf(draft.fallbackModels)),
    ...given('lock', listOf(draft.lock)),
  };
  return input as VersionInput;
}

function messageOf({ kind, role, text }: MessageDraft): Record<string, unknown> {
  if (kind === 'placeholder') return { placeholder: text.trim() };
  return { role, content: kind === 'parts' ? (jsonOf(text) ?? text) : text };
}

function variableOf(variable: VariableDraft): Record<string, unknown> {
  const { name, type, isRequired, description } = variable;
  const options = listOf(variable.options);
  return {
    name: name.trim(),
    type,
    required: isRequired,
    ...(variable.default === '' ? {} : { default: typedValueOf(type, variable.default) }),
    ...(description.trim() === '' ? {} : { description: description.trim() }),
    ...(type === 'choice' && options !== undefined ? { options } : {}),
  };
}

/** A value as its type has it; a text that is none of its type stays one. */
export function typedValueOf(type: VariableType, typed: string): unknown {
  switch (type) {
    case 'number':
      return numberOf(typed);
    case 'boolean':
      return typed === 'true' ? true : typed === 'false' ? false : typed;
    case 'json':
    case 'messages':
      return jsonOf(typed) ?? typed;
    default:
      return typed;
  }
}

export function draftOfVersion(version: Version): VersionDraft {
  const { temperature, max_tokens: maxTokens, ...others } = version.parameters;
  const isPlain = (value: unknown): boolean => value === undefined || typeof value === 'number';
  const own = isPlain(temperature) && isPlain(maxTokens);
  return {
    messages: version.messages.map(messageDraftOf),
    variables: version.variables.map((variable) => ({
      name: variable.name,
      type: variable.type ?? 'text',
      isRequired: variable.required,
      default: textOf(variable.default),
      description: variable.description ?? '',
      options: (variable.options ?? []).join('\n'),
    })),
    model: version.model ?? '',
    temperature: own ? textOf(temperature) : '',
    maxTokens: own ? textOf(maxTokens) : '',
    parameters: prettyOf(own ? others : version.parameters),
    tools: prettyOf(version.tools),
    responseFormat: prettyOf(version.response_format),
    fallbackModels: (version.fallback_models ?? []).join('\n'),
    lock: version.lock.join('\n'),
    note: '',
  };
}

function messageDraftOf({ role = 'user', content, placeholder }: Version['messages'][number]): MessageDraft {
  if (placeholder !== undefined) return { kind: 'placeholder', role, text: placeholder };
  if (typeof content === 'string' || content === undefined) return { kind: 'text', role, text: content ?? '' };
  return { kind: 'parts', role, text: JSON.stringify(content, null, 2) };
}

/** The names between braces that no variable has: each is offered to be added. Placeholders are variables, too. */
export function undeclaredIn({ messages, variables }: VersionDraft): { name: string; type: VariableType }[] {
  const declared = new Set(variables.map(({ name }) => name));
  const used = messages.flatMap(({ kind, text }) =>
    kind === 'placeholder'
      ? []
      : [...text.matchAll(/(?<!\\)\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}/g)].map(([, name = '']) => name),
  );
  return [...new Set(used)].filter((name) => !declared.has(name)).map((name) => ({ name, type: 'text' as const }));
}

export function newVariable(name: string, type: VariableType = 'text'): VariableDraft {
  return { name, type, isRequired: true, default: '', description: '', options: '' };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function listOf(text: string): string[] | undefined {
  const lines = linesOf(text);
  return lines.length === 0 ? undefined : lines;
}

function given(key: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [key]: value };
}

/** Undefined for an empty text; a text that is no JSON stays one. */
function jsonOf(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function numberOf(text: string): number | string {
  const number = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

function prettyOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (isRecord(value) && Object.keys(value).length === 0) return '';
  return JSON.stringify(value, null, 2);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
