import type { Field } from '../fields.ts';
import { formNumber, formText } from '../form-text.ts';
import { isRecord, readJson } from '../json.ts';
import { stepField } from './step-field.ts';

/*
 * The variables of a prompt as fields of a form, and what was filled in as the values that a run takes. Zapier and n8n use it;
 * Make reads the same rows in IML (integrations/make/src/make-rpc.ts).
 *
 * ```ts
 * import { variableField, variableValue } from '@ai-gateway/shared/steps/variable-field';
 *
 * const row = { name: 'urgent', type: 'boolean', required: false } as const;
 * variableField(row).kind; // 'boolean'
 * variableValue(row.type, 'yes'); // true
 * ```
 */

/** A variable as `prompts.fields` lists it. */
export interface VariableRow {
  readonly name: string;
  readonly label?: string;
  readonly type: VariableType;
  readonly required: boolean;
  readonly default?: unknown;
  readonly description?: string | null;
  /** Of a choice. */
  readonly options?: readonly string[] | null;
}

export type VariableType = 'text' | 'number' | 'boolean' | 'choice' | 'json' | 'image' | 'messages';

const kinds: Readonly<Record<VariableType, Field['kind']>> = {
  text: 'text',
  number: 'number',
  boolean: 'boolean',
  choice: 'choice',
  json: 'json',
  image: 'text',
  messages: 'list',
};

/** A variable with a default may stay empty, whether or not the prompt requires it. */
export function variableField(row: VariableRow): Field {
  const choices = row.options ?? [];
  return stepField({
    key: row.name,
    label: row.label ?? row.name,
    kind: kinds[row.type],
    help: row.description ?? '',
    required: row.required && (row.default === undefined || row.default === null),
    multiline: row.type === 'text',
    initial: row.default ?? undefined,
    choices,
    // As they are: the prompt's author wrote them.
    choiceLabels: Object.fromEntries(choices.map((value) => [value, value])),
    children: row.type === 'messages' ? [message] : [],
    ...(row.type === 'image' ? { placeholder: 'https://example.com/receipt.png' } : {}),
  });
}

const message: Field = stepField({
  key: 'item',
  label: 'Message',
  kind: 'group',
  required: true,
  children: [
    stepField({
      key: 'role',
      label: 'Role',
      kind: 'choice',
      choices: ['user', 'assistant', 'system'],
      initial: 'user',
      help: 'Role of the speaker.',
    }),
    stepField({ key: 'content', label: 'Content', multiline: true, help: 'Text of the message.' }),
  ],
});

/**
 * What an earlier step mapped into a variable, as the type it has. An empty value is not given, so that the prompt’s default
 * applies. A value that does not fit goes as it is: the gateway names the variable it refuses.
 */
export function variableValue(type: VariableType, given: unknown): unknown {
  if (given === undefined || given === null || given === '') return undefined;
  switch (type) {
    case 'text':
    case 'choice':
    case 'image':
      return formText(given);
    case 'number':
      return formNumber(given);
    case 'boolean':
      return typeof given === 'string' ? (words.get(given.trim().toLowerCase()) ?? given) : given;
    case 'json':
      return parsed(given);
    case 'messages':
      return messagesIn(parsed(given));
  }
}

/** A platform’s words for a switch, from a form or mapped. */
const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', '1', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', '0', 'off'].map((word) => [word, false] as const),
]);

function parsed(given: unknown): unknown {
  const value = typeof given === 'string' ? readJson(given) : given;
  return value === undefined ? given : value;
}

/** One text is what the user said; a line without content is left out. */
function messagesIn(given: unknown): unknown {
  if (typeof given === 'string') return [{ role: 'user', content: given }];
  const lines = Array.isArray(given) ? given : [given];
  const spoken = lines
    .filter((line) => !isRecord(line) || !isBlank(line.content) || line.tool_calls !== undefined)
    .map((line) => (isRecord(line) && isBlank(line.role) ? { ...line, role: 'user' } : line));
  return spoken.length === 0 ? undefined : spoken;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
