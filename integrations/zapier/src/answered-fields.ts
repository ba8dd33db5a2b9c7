import { isRecord, readJson } from '@ai-gateway/shared/json';
import type { PlainOutputField } from 'zapier-platform-core';
import { answerFieldsIn } from './chat-request.ts';
import type { InputData } from './operation-input.ts';
import { titleCase } from './wording.ts';
import { joint } from './zapier-field.ts';

/*
 * The fields of a structured answer, for later steps to map before this one was ever tested.
 * "outputFields: … can be a function" of the form as it is filled in: https://docs.zapier.com/platform/build/field-structure
 */

export function answeredFields(form: InputData): PlainOutputField[] {
  const { output_format: format } = form;
  return Object.entries(format === 'fields' ? typesOfLines(form) : format === 'json_schema' ? typesIn(form) : {}).map(
    ([name, type]) => ({
      key: `json${joint}${name}`,
      label: `Json ${titleCase(name.replaceAll('_', ' '))}`,
      ...(type === 'array' ? { list: true, type: 'string' } : { type: known[type] ?? 'string' }),
    }),
  );
}

const known: Readonly<Record<string, 'string' | 'number' | 'integer' | 'boolean'>> = {
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
};

/** A form that is being filled in may not be right yet: then there is nothing to list. */
function typesOfLines(form: InputData): Record<string, string> {
  try {
    return Object.fromEntries(answerFieldsIn(form).map(({ name, type }) => [name, type]));
  } catch {
    return {};
  }
}

/** The outermost fields of a schema that are no objects: a test of the step shows the rest. */
function typesIn({ json_schema: given }: InputData): Record<string, string> {
  const value = typeof given === 'string' ? readJson(given) : given;
  const schema = isRecord(value) && isRecord(value.schema) ? value.schema : value;
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
  const named = Object.entries(properties).flatMap(([name, property]) =>
    isRecord(property) && ['string', 'number', 'integer', 'boolean'].includes(String(property.type))
      ? [[name, String(property.type)] as const]
      : [],
  );
  return Object.fromEntries(named);
}
