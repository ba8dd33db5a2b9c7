import { MakeError } from './make-error.ts';

/** A field of a form, as app code has it. */
export interface FormField {
  name?: string;
  type: string;
  label?: string;
  help?: string;
  required?: boolean;
  default?: unknown;
  multiple?: boolean;
  editable?: unknown;
  spec?: FormField | FormField[];
  options?: string | FormOption[] | RemoteOptions;
  validate?: { min?: number; max?: number; minItems?: number; pattern?: string };
}

interface FormOption {
  label?: string;
  value: unknown;
  nested?: FormField[];
}

/** Options that an RPC gives, and the fields that appear once one of them is chosen. */
export interface RemoteOptions {
  store: string;
  nested?: FormField[];
}

type Values = Readonly<Record<string, unknown>>;

/** A form as a person or a mapping filled it in: defaults set, types read, and refused where Make refuses it. */
export function formValues(fields: readonly FormField[], given: Values): Record<string, unknown> {
  const shown = fields.flatMap((field) => withNested(field, given));
  const names = new Set(shown.map(({ name }) => name));
  const foreign = Object.keys(given).filter((name) => !names.has(name));
  if (foreign.length > 0) throw new TypeError(`The form has no field ${foreign.join(', ')}.`);
  return Object.fromEntries(
    shown
      .map((field) => [field.name, valueGiven(field, given[field.name ?? ''])] as const)
      .filter(([, value]) => value !== undefined),
  );
}

/** The fields of an option are in the form beside it. */
function withNested(field: FormField, given: Values): FormField[] {
  if (typeof field.options === 'object' && !Array.isArray(field.options))
    return [field, ...(isFilledIn(given[field.name ?? '']) ? (field.options.nested ?? []) : [])];
  if (!Array.isArray(field.options)) return [field];
  const chosen = given[field.name ?? ''] ?? field.default;
  const nested = field.options.find(({ value }) => value === chosen)?.nested ?? [];
  return [field, ...nested.flatMap((inner) => withNested(inner, given))];
}

export function isFilledIn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function valueGiven(field: FormField, given: unknown): unknown {
  const value = given === undefined ? field.default : given;
  if (value === undefined || value === null || value === '') {
    if (field.required) throw invalid(`Missing value of required parameter '${field.name}'.`);
    return value ?? undefined;
  }
  return field.multiple === true ? (value as unknown[]) : read(field, value);
}

function read(field: FormField, value: unknown): unknown {
  switch (field.type) {
    case 'number':
    case 'integer':
    case 'uinteger':
      return readNumber(field, value);
    case 'boolean':
      return value === true || value === 'true';
    case 'date':
      return readDate(field, value);
    case 'array':
      return readArray(field, value);
    case 'collection':
      return Array.isArray(field.spec) ? formValues(field.spec, value as Values) : value;
    case 'json':
      return readJson(field, value);
    case 'url':
      if (!URL.canParse(String(value).trim())) throw wrong(field, 'is no URL');
      return String(value);
    case 'any':
      return value;
    // A text that is mapped to a file is its content.
    case 'buffer':
      return value instanceof Uint8Array ? value : Buffer.from(String(value));
    default:
      return readText(field, value);
  }
}

function readNumber(field: FormField, value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) throw wrong(field, 'is no number');
  if (field.type !== 'number' && !Number.isInteger(number)) throw wrong(field, 'is no whole number');
  const { min = field.type === 'uinteger' ? 0 : Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } =
    field.validate ?? {};
  if (number < min || number > max) throw wrong(field, `is not from ${min} to ${max}`);
  return number;
}

function readDate(field: FormField, value: unknown): Date {
  const date = value instanceof Date ? value : new Date(String(value));
  if (Number.isNaN(date.getTime())) throw wrong(field, 'is no date');
  return date;
}

function readArray(field: FormField, value: unknown): unknown[] {
  const { spec, validate } = field;
  // A single value that is mapped to a list is a list of one.
  const list = Array.isArray(value) ? value : [value];
  if (list.length < (validate?.minItems ?? 0)) throw wrong(field, `has fewer than ${validate?.minItems} items`);
  if (Array.isArray(spec)) return list.map((item) => formValues(spec, item as Values));
  return spec === undefined ? list : list.map((item) => valueGiven({ ...spec, name: field.name ?? '' }, item));
}

/**
 * "the module automatically converts the input to a JSON object. So if you map "{{parameters.myJsonField}}" in Communication,
 * that value will be an object (or array). If the provided value is not valid JSON, the module throws a validation error."
 * https://developers.make.com/custom-apps-documentation/block-elements/parameters/json
 */
function readJson(field: FormField, value: unknown): unknown {
  if (typeof value === 'object') return value;
  try {
    return JSON.parse(String(value)) as unknown;
  } catch {
    throw wrong(field, 'is no valid JSON');
  }
}

function readText(field: FormField, value: unknown): unknown {
  const text = typeof value === 'object' ? value : String(value);
  const { pattern } = field.validate ?? {};
  if (pattern !== undefined && typeof text === 'string' && !new RegExp(pattern).test(text))
    throw wrong(field, `does not match the pattern ${pattern}`);
  return text;
}

function wrong(field: FormField, how: string): MakeError {
  return invalid(`Validation failed for parameter '${field.name}': the value ${how}.`);
}

function invalid(message: string): MakeError {
  return new MakeError('BundleValidationError', message);
}
