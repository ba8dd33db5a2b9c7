import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import { completeChat } from '@ai-gateway/shared/operations/chat';
import { chatForm } from '@ai-gateway/shared/steps/chat-form';
import { stepField } from '@ai-gateway/shared/steps/step-field';
import type { INodeProperties } from 'n8n-workflow';
import { n8nProperty, sorted } from './n8n-property.ts';

const fields = chatForm('n8n');
const ofChat = { resource: ['chat'], operation: ['complete'] };

/** The form of the shared step: what is seldom needed under Options, a field that another one brings up shown with it. */
export function chatProperties(): INodeProperties[] {
  return [
    ...fields
      .filter(({ advanced }) => advanced !== true)
      .map((field) => {
        const { visibleWhen } = field;
        const when = visibleWhen === undefined ? {} : { [nameOf(visibleWhen.field)]: [visibleWhen.is] };
        return property(field, { show: { ...ofChat, ...when } });
      }),
    { ...options(fields.filter(({ advanced }) => advanced === true)), displayOptions: { show: ofChat } },
  ];
}

/** The fields of the same form that an agent's model has: the agent has messages, formats and images of its own. */
const ofModel = new Set([
  'client',
  'fallback_models',
  'max_tokens',
  'no_fallback',
  'project',
  'scenario',
  'temperature',
  'timeout',
]);

export function modelProperties(): INodeProperties[] {
  const model = fields.filter(({ key }) => key === 'model').map((field) => property(field));
  const topP = fieldsOf(completeChat).filter(({ key }) => key === 'top_p');
  return [
    ...model,
    options([
      ...fields.filter(({ key }) => ofModel.has(key)),
      ...topP.map((field) => ({ ...field, initial: 1, least: 0, most: 1 })),
      stepField({
        key: 'use_responses_api',
        label: 'Use Responses API',
        kind: 'boolean',
        initial: false,
        help: 'Whether to ask by OpenAI’s newer API, for agents that need what only it has',
      }),
    ]),
  ];
}

function options(advanced: readonly Field[]): INodeProperties {
  return {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: sorted(
      advanced.map((field) => property(field)),
      ({ displayName }) => displayName,
    ),
  };
}

function property(field: Field, displayOptions?: INodeProperties['displayOptions']): INodeProperties {
  const [item] = field.children;
  return {
    ...n8nProperty(field, { example: field.placeholder, displayOptions }),
    ...(item?.options === undefined ? {} : manyOf(field)),
    ...(field.key === 'messages' ? { default: { values: [{ role: 'user', content: '' }] } } : {}),
  };
}

/** Several of a list: n8n has no resource locator for more than one. */
function manyOf({ initial }: Field): Pick<INodeProperties, 'type' | 'typeOptions' | 'default'> {
  return {
    type: 'multiOptions',
    typeOptions: { loadOptionsMethod: 'getModels' },
    default: Array.isArray(initial) ? (initial as string[]) : [],
  };
}

function nameOf(key: string): string {
  return n8nProperty(stepField({ key, label: key })).name;
}
