import { fieldsOf } from '@ai-gateway/shared/fields';
import { isRecord } from '@ai-gateway/shared/json';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Create, PlainInputField, PlainOutputField, Search } from 'zapier-platform-core';
import type { Settings } from './gateway.ts';
import { answerKind, performCreate, performSearch, shownFields, usualRows } from './perform.ts';
import { actionLabel, keyOf, nounOf, searchLabel } from './wording.ts';
import { fieldGroups, zapierFields } from './zapier-field.ts';
import { outputFields } from './zapier-output.ts';

/** What only reads is a search, so that agents may use it without asking; what changes something is a create. */
export function isSearch({ method }: Operation): boolean {
  return method === 'GET';
}

export function createOf(operation: Operation, settings: Settings): Create {
  return {
    key: keyOf(operation.id),
    noun: nounOf(operation.id),
    display: { label: actionLabel(operation.label), description: operation.description },
    operation: {
      perform: performCreate(operation, settings),
      ...form(operation, []),
      ...answer(operation),
    },
  };
}

export function searchOf(operation: Operation, settings: Settings): Search {
  const many = answerKind(operation) !== 'one';
  return {
    key: keyOf(operation.id),
    noun: nounOf(operation.id),
    display: { label: searchLabel(operation.label), description: operation.description },
    operation: {
      perform: performSearch(operation, settings),
      ...form(operation, many ? [limitField] : []),
      ...answer(operation),
    },
  };
}

const limitField: PlainInputField = {
  key: 'limit',
  label: 'Limit',
  type: 'integer',
  required: false,
  default: String(usualRows),
  helpText: 'How many rows to find at most, up to 1,000. They come as line items.',
};

/** What must be filled in stands first. */
function form(operation: Operation, more: readonly PlainInputField[]) {
  const fields = shownFields(operation).toSorted((a, b) => Number(b.required) - Number(a.required));
  const groups = fieldGroups(fields);
  return {
    inputFields: [...zapierFields(fields, operation.sample.input as Record<string, unknown>), ...more],
    ...(groups.length === 0 ? {} : { inputFieldGroups: groups }),
  };
}

function answer(operation: Operation): { outputFields: PlainOutputField[]; sample: Record<string, unknown> } {
  const fields = fieldsOf({ input: operation.output }).filter(({ key }) => key !== 'next_cursor');
  const many = answerKind(operation) !== 'one';
  return {
    outputFields: [...outputFields(fields), ...(many ? [hasMore] : [])],
    sample: sampleOf(operation, many),
  };
}

const hasMore: PlainOutputField = { key: 'has_more', label: 'Has More', type: 'boolean' };

function sampleOf({ sample: { input, output } }: Operation, many: boolean): Record<string, unknown> {
  // An operation that answers with nothing says what was done: see performCreate.
  if (!isRecord(output)) return { ...(input as Record<string, unknown>), done: true };
  const { next_cursor: _, ...sample } = output;
  return many ? { ...sample, has_more: false } : output;
}
