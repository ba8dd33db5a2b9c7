import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import { isRecord } from '@ai-gateway/shared/json';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Create, PlainInputField, PlainOutputField, Search } from 'zapier-platform-core';
import { sampleOfAnswer } from './chat-answer.ts';
import { dynamicFields, type FieldFunction } from './dynamic-fields.ts';
import type { Settings } from './gateway.ts';
import {
  answerKind,
  ofProtocol,
  performCreate,
  performSearch,
  shownFields,
  usualRows,
  withoutProtocol,
} from './perform.ts';
import { performPrompt, resumePrompt } from './prompt-run.ts';
import { actionLabel, keyOf, nounOf, searchDescription, searchLabel } from './wording.ts';
import { fieldGroups, zapierFields } from './zapier-field.ts';
import { outputFields } from './zapier-output.ts';

/** An operation that only reads is a search, so that agents may use it without asking; one that changes something is a create. */
export function isSearch({ method }: Operation): boolean {
  return method === 'GET';
}

export function createOf(operation: Operation, settings: Settings): Create {
  return {
    key: keyOf(operation.id),
    noun: nounOf(operation.id),
    display: { label: actionLabel(operation.label), description: operation.description },
    operation: {
      ...(operation.id === 'prompts.run'
        ? { perform: performPrompt(operation, settings), performResume: resumePrompt(settings) }
        : { perform: performCreate(operation, settings) }),
      ...form(operation, [], settings),
      ...answer(operation),
    },
  };
}

export function searchOf(operation: Operation, settings: Settings): Search {
  const many = answerKind(operation) !== 'one';
  return {
    key: keyOf(operation.id),
    noun: nounOf(operation.id),
    display: { label: searchLabel(operation.label), description: searchDescription(operation.description) },
    operation: {
      perform: performSearch(operation, settings),
      ...form(operation, many ? [limitField] : [], settings),
      ...answer(operation),
    },
  };
}

const limitField: PlainInputField = {
  key: 'limit',
  label: 'Maximum Rows',
  type: 'integer',
  required: false,
  default: String(usualRows),
  helpText: 'At most 1,000. Rows come as line items.',
};

/** Required fields come first. */
function form(operation: Operation, more: readonly PlainInputField[], settings: Settings) {
  const fields = shownFields(operation).toSorted((a, b) => Number(b.required) - Number(a.required));
  const groups = fieldGroups(fields);
  return {
    inputFields: [...inputFields(fields, operation.sample.input as Record<string, unknown>, settings), ...more],
    ...(groups.length === 0 ? {} : { inputFieldGroups: groups }),
  };
}

/** Fields that another one decides come as a function, which Zapier calls again once that one changes. */
function inputFields(
  fields: readonly Field[],
  example: Readonly<Record<string, unknown>>,
  settings: Settings,
): (PlainInputField | FieldFunction)[] {
  const deciding = new Set(fields.flatMap((field) => field.fields?.by ?? []));
  return fields.flatMap((field): (PlainInputField | FieldFunction)[] => {
    if (field.fields !== undefined) return [dynamicFields(field, settings)];
    const plain = zapierFields([field], example);
    return deciding.has(field.key) ? plain.map((one) => ({ ...one, altersDynamicFields: true })) : plain;
  });
}

/** Fields of OpenAI's lists beside the rows: a Zap has no use for them. */
const besideRows: ReadonlySet<string> = new Set(['next_cursor', 'has_more', 'object', 'first_id', 'last_id']);

function answer(operation: Operation): { outputFields: PlainOutputField[]; sample: Record<string, unknown> } {
  const fields = fieldsOf({ input: operation.output });
  if (answerKind(operation) === 'one')
    return { outputFields: outputFields(fields, nounOf(operation.id)), sample: sampleOf(operation) };
  const shown = fields
    .filter(({ key }) => !besideRows.has(key))
    .map((field) => (field.key === 'data' ? rowsField(field, operation) : field));
  return { outputFields: [...outputFields(shown), hasMore], sample: sampleOfRows(operation) };
}

function rowsField(field: Field, operation: Operation): Field {
  const [row] = field.children;
  const children =
    row === undefined ? [] : [{ ...row, children: row.children.filter(({ key }) => !ofProtocol.has(key)) }];
  return { ...field, label: rowsLabel(operation), children };
}

/** `List calls` → `Calls`, `Usage by client` → `Usage Rows`. */
function rowsLabel({ id, label }: Operation): string {
  return /^list /i.test(label) ? label.replace(/^list /i, '') : `${nounOf(id)} rows`;
}

const hasMore: PlainOutputField = { key: 'has_more', label: 'Has More Rows', type: 'boolean' };

/** An operation without an answer gets its input back, with `done`: see performCreate. */
function sampleOf({ id, sample: { input, output } }: Operation): Record<string, unknown> {
  if (!isRecord(output)) return { ...(input as Record<string, unknown>), done: true };
  return id === 'prompts.run' ? sampleOfAnswer(output) : output;
}

function sampleOfRows({ sample: { output } }: Operation): Record<string, unknown> {
  const said = Object.entries(isRecord(output) ? output : {})
    .filter(([key]) => !besideRows.has(key))
    .map(([key, value]) => [key, key === 'data' ? (value as Record<string, unknown>[]).map(withoutProtocol) : value]);
  return { ...Object.fromEntries(said), has_more: false };
}
