import { GatewayError } from '../errors.ts';
import { formNumber, formText } from '../form-text.ts';
import { isRecord } from '../json.ts';
import type { StepInput } from './chat-step.ts';

/*
 * An answer in fields that a person names in a form, one line for each, in place of a JSON schema.
 *
 * ```ts
 * import { answerFields, jsonByFields } from '@ai-gateway/shared/steps/answer-fields';
 *
 * const lines = [{ field_name: 'kind', field_type: 'string', field_values: 'invoice, order' }, { field_name: 'total', field_type: 'number' }];
 * const request = { model: 'auto', ...jsonByFields(answerFields(lines, 'answer_fields')) };
 * console.log(request.response_format?.type); // json_schema
 * ```
 */

export const answerTypes = ['string', 'number', 'integer', 'boolean', 'array'] as const;

export const answerTypeLabels: Readonly<Record<AnswerType, string>> = {
  string: 'Text',
  number: 'Number',
  integer: 'Whole number',
  boolean: 'Yes or no',
  array: 'List of texts',
};

type AnswerType = (typeof answerTypes)[number];

export interface AnswerField {
  readonly name: string;
  readonly type: AnswerType;
  readonly description: string;
  readonly values: readonly unknown[];
}

/** The lines of the form. Lines without a name are left out; a form without any is refused, and so is a name used twice, or of two words. */
export function answerFields(lines: unknown, param: string): AnswerField[] {
  const fields = [lines]
    .flat()
    .filter(isRecord)
    .map((line) => fieldOf(line, param))
    .filter(({ name }) => name !== '');
  if (fields.length === 0) throw wrong('Name the fields of the answer, at least one.', param);
  const long = fields.find(({ name }) => /\s/.test(name));
  if (long !== undefined)
    throw wrong(`A field has a name in one word. Name "${long.name}" ${long.name.replaceAll(/\s+/g, '_')}.`, param);
  const twice = fields.find(({ name }, at) => fields.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw wrong(`Two fields of the answer are named "${twice.name}". Rename one.`, param);
  return fields;
}

function fieldOf(line: Record<string, unknown>, param: string): AnswerField {
  const type = typeOf(formText(line.field_type).trim(), param);
  const values = (Array.isArray(line.field_values) ? line.field_values : formText(line.field_values).split(','))
    .map((value) => formText(value).trim())
    .filter((value) => value !== '');
  return {
    name: formText(line.field_name).trim(),
    type,
    description: formText(line.field_description).trim(),
    values: type === 'number' || type === 'integer' ? values.map(formNumber) : type === 'boolean' ? [] : values,
  };
}

/** A type that is mapped may be the word that people read in the form. */
function typeOf(given: string, param: string): AnswerType {
  if (given === '') return 'string';
  const word = given.toLowerCase();
  const type = answerTypes.find((one) => one === word || answerTypeLabels[one].toLowerCase() === word);
  if (type !== undefined) return type;
  const known = Object.values(answerTypeLabels).join(', ');
  throw wrong(`"${given.slice(0, 80)}" is not a type of field. Choose one of these: ${known}.`, param);
}

export function jsonByFields(fields: readonly AnswerField[]): Pick<StepInput, 'response_format'> {
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOf(field)])),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  };
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } };
}

function schemaOf({ type, description, values }: AnswerField): Record<string, unknown> {
  const of = values.length === 0 ? {} : { enum: [...values] };
  return {
    ...(type === 'array' ? { type, items: { type: 'string', ...of } } : { type, ...of }),
    ...(description === '' ? {} : { description }),
  };
}

function wrong(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
