import type { Field } from '@ai-gateway/shared/fields';
import { chatFields, chatForm } from '@ai-gateway/shared/steps/chat-form';
import type { Json, Parameter } from './component.ts';
import { choicesOf, helpOf, makeField } from './make-field.ts';

const fields = chatForm('make');
const detail = chatFields.filter(({ key }) => key === 'image_detail');

/**
 * The image in OpenAI's own shape of a message part, so that it goes into the message as it is: IML cannot build one from a bare
 * URL. The part's type is hidden: "The value of a hidden parameter can be set using default option."
 * https://developers.make.com/custom-apps-documentation/block-elements/parameters/hidden
 */
const imagePart: readonly Parameter[] = [
  { name: 'type', type: 'hidden', default: 'image_url' },
  {
    name: 'image_url',
    type: 'collection',
    label: 'Image',
    required: true,
    spec: [
      {
        name: 'url',
        type: 'text',
        label: 'URL',
        required: true,
        validate: { pattern: '^(https?://|data:image/)' },
        help: 'For example, `https://example.com/photo.jpg`, or a data URL: `data:image/jpeg;base64,…`',
      },
      ...detail.map((field) => makeField({ ...field, key: 'detail', label: 'Detail' })),
    ],
  },
];

/** Likewise a field of the answer: its name, and its schema as JSON Schema has it. */
const answerField: readonly Parameter[] = [
  {
    name: 'name',
    type: 'text',
    label: 'Name',
    required: true,
    validate: { pattern: '^[^ ]+$' },
    help: 'One word. For example, `category`.',
  },
  {
    name: 'schema',
    type: 'collection',
    label: 'Content',
    required: true,
    spec: [
      {
        name: 'type',
        type: 'select',
        label: 'Type',
        required: true,
        default: 'string',
        options: [
          {
            label: 'Text',
            value: 'string',
            nested: [
              {
                name: 'enum',
                type: 'array',
                label: 'Allowed values',
                labels: { add: 'Add value' },
                spec: { type: 'text', label: 'Value' },
                help: 'The values to choose from. Left empty, any text may come.',
              },
            ],
          },
          { label: 'Number', value: 'number' },
          { label: 'Whole number', value: 'integer' },
          { label: 'Yes or no', value: 'boolean' },
          { label: 'List of texts', value: 'array' },
        ],
      },
      {
        name: 'description',
        type: 'text',
        label: 'Description',
        help: 'Tells the model which value belongs here, and what to give if the text has none.',
      },
    ],
  },
];

/** Settings that Make's own kinds of fields need beside the shared form. */
const own: Readonly<Record<string, Partial<Parameter>>> = {
  images: { spec: imagePart, labels: { add: 'Add image' } },
  messages: { validate: { minItems: 1 } },
  answer_fields: { spec: answerField, labels: { add: 'Add field' }, validate: { minItems: 1 } },
  // "In combination with type `filename` the buffer can be used for better file input dialog."
  // https://developers.make.com/custom-apps-documentation/block-elements/parameters/buffer
  file_name: { type: 'filename', semantic: 'file:name' },
  file_data: { type: 'buffer', semantic: 'file:data' },
};

/** The form of the shared step. A field that another one brings up is nested in that one's choice. */
export const chatParameters: readonly Parameter[] = fields
  .filter(({ visibleWhen }) => visibleWhen === undefined)
  .map(parameter);

function parameter(field: Field): Parameter {
  return {
    ...makeField(field),
    ...(field.kind === 'choice' ? { options: choices(field) } : {}),
    ...(field.kind === 'json' ? { type: 'json' } : {}),
    help: helpOf(field),
    advanced: field.advanced || undefined,
    ...own[field.key],
  };
}

function choices(field: Field): Json {
  return choicesOf(field).map((choice) => {
    const nested = fields.filter(
      ({ visibleWhen }) => visibleWhen?.field === field.key && visibleWhen.is === choice.value,
    );
    return nested.length === 0 ? choice : { ...choice, nested: nested.map(parameter) };
  });
}
