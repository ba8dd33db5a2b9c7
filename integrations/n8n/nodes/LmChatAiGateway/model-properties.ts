import type { INodeProperties } from 'n8n-workflow';
import { locator } from '../locator.ts';

export const modelProperties: INodeProperties[] = [
  {
    displayName: 'Model',
    name: 'model',
    required: true,
    description: 'The model that answers. “auto” picks one that fits the task.',
    ...locator({ method: 'searchModels', example: 'gpt-4o-mini', initial: 'auto' }),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: [
      {
        displayName: 'Client',
        name: 'client',
        description: 'Which of your clients these calls are for: its budget pays',
        ...locator({ method: 'searchClients', example: 'acme' }),
      },
      {
        displayName: 'Fallback Model Names or IDs',
        name: 'fallbackModels',
        type: 'multiOptions',
        typeOptions: { loadOptionsMethod: 'getModels' },
        default: [],
        description:
          'Tried in this order if the model fails. Left empty, the default fallbacks of your gateway apply. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
      },
      {
        displayName: 'Max Tokens',
        name: 'maxTokens',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: 1024,
        description: 'The most tokens an answer may have',
      },
      {
        displayName: 'Project',
        name: 'project',
        description: 'The project these calls belong to',
        ...locator({ method: 'searchProjects', example: 'newsletter' }),
      },
      {
        displayName: 'Scenario',
        name: 'scenario',
        description: 'A name to count these calls under, in place of this workflow’s ID',
        ...locator({ method: 'searchScenarios', example: 'support-agent' }),
      },
      {
        displayName: 'Temperature',
        name: 'temperature',
        type: 'number',
        typeOptions: { minValue: 0, maxValue: 2, numberPrecision: 2 },
        default: 0.7,
        description: 'How freely the model chooses its words: 0 always takes the likeliest',
      },
      {
        displayName: 'Timeout',
        name: 'timeout',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: 300,
        description: 'How many seconds to wait for an answer',
      },
      {
        displayName: 'Top P',
        name: 'topP',
        type: 'number',
        typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2 },
        default: 1,
        description: 'Choose among the likeliest words only. Set this or the temperature.',
      },
      {
        displayName: 'Use Responses API',
        name: 'useResponsesApi',
        type: 'boolean',
        default: false,
        description: 'Whether to ask by OpenAI’s newer API, for agents that need what only it has',
      },
    ],
  },
];
