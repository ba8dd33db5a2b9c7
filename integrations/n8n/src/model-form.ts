import { fieldsOf } from '@ai-gateway/shared/fields';
import { completeChat } from '@ai-gateway/shared/operations/chat';
import { chatForm } from '@ai-gateway/shared/steps/chat-form';
import { stepField } from '@ai-gateway/shared/steps/step-field';
import type { INodeProperties } from 'n8n-workflow';
import { optionsOf, stepProperty } from './n8n-step.ts';

const fields = chatForm('n8n');

/** The fields of the same form that an agent's model has: the agent has messages, formats and images of its own. */
const ofModel = new Set([
  'client',
  'fallback_models',
  'max_tokens',
  'no_fallback',
  'project',
  'reasoning_effort',
  'scenario',
  'temperature',
  'timeout',
]);

export function modelProperties(): INodeProperties[] {
  const model = fields.filter(({ key }) => key === 'model').map((field) => stepProperty(field));
  const topP = fieldsOf(completeChat).filter(({ key }) => key === 'top_p');
  return [
    ...model,
    optionsOf([
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
