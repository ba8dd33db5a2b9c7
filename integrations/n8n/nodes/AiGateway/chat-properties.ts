import type { INodeProperties } from 'n8n-workflow';
import { locator } from '../locator.ts';

/** The form of a chat completion, by hand: the one operation people meet first and use most. */
export const chatProperties: INodeProperties[] = [
  {
    ...{
      displayName: 'Model',
      name: 'model',
      description: 'The model that answers. “auto” picks one that fits the task',
      ...locator({ method: 'searchModels', example: 'gpt-4o-mini', initial: 'auto' }),
    },
    required: true,
    displayOptions: shown(),
  },
  {
    displayName: 'Input',
    name: 'inputType',
    type: 'options',
    options: [
      { name: 'Prompt', value: 'prompt', description: 'One text' },
      { name: 'Messages', value: 'messages', description: 'A conversation, message by message' },
      { name: 'Messages as JSON', value: 'json', description: 'A conversation that an earlier node made' },
    ],
    default: 'prompt',
    displayOptions: shown(),
  },
  {
    displayName: 'Prompt',
    name: 'prompt',
    type: 'string',
    typeOptions: { rows: 4 },
    required: true,
    placeholder: 'e.g. Is this e-mail an invoice or a newsletter? One word.',
    default: '',
    displayOptions: shown({ inputType: ['prompt'] }),
  },
  {
    displayName: 'Messages',
    name: 'messages',
    type: 'fixedCollection',
    typeOptions: { multipleValues: true, sortable: true },
    placeholder: 'Add Message',
    default: { values: [{ role: 'user', content: '' }] },
    displayOptions: shown({ inputType: ['messages'] }),
    options: [
      {
        displayName: 'Message',
        name: 'values',
        values: [
          {
            displayName: 'Role',
            name: 'role',
            type: 'options',
            options: [
              { name: 'User', value: 'user' },
              { name: 'Assistant', value: 'assistant' },
              { name: 'System', value: 'system' },
            ],
            default: 'user',
          },
          { displayName: 'Content', name: 'content', type: 'string', typeOptions: { rows: 2 }, default: '' },
        ],
      },
    ],
  },
  {
    displayName: 'Messages',
    name: 'messagesJson',
    type: 'json',
    typeOptions: { rows: 4 },
    required: true,
    default: '[\n  { "role": "user", "content": "Hello" }\n]',
    displayOptions: shown({ inputType: ['json'] }),
    description: 'As OpenAI has them: a list of objects with role and content',
  },
  {
    displayName: 'System Prompt',
    name: 'systemPrompt',
    type: 'string',
    typeOptions: { rows: 2 },
    placeholder: 'e.g. You sort e-mails. Answer in one word.',
    default: '',
    displayOptions: shown(),
    description: 'Instructions that apply to the whole answer, such as its tone or its form',
  },
  {
    displayName: 'Output Format',
    name: 'outputFormat',
    type: 'options',
    options: [
      { name: 'Text', value: 'text' },
      { name: 'JSON', value: 'json_object', description: 'Any JSON; describe it in the prompt' },
      { name: 'JSON by a Schema', value: 'json_schema', description: 'JSON of the form you give' },
    ],
    default: 'text',
    displayOptions: shown(),
  },
  {
    displayName: 'JSON Schema',
    name: 'jsonSchema',
    type: 'json',
    typeOptions: { rows: 6 },
    required: true,
    default:
      '{\n  "type": "object",\n  "properties": {\n    "category": { "type": "string" }\n  },\n  "required": ["category"],\n  "additionalProperties": false\n}',
    displayOptions: shown({ outputFormat: ['json_schema'] }),
    description:
      'The form of the answer. The model keeps to it strictly if every object is closed and every property required.',
  },
  {
    displayName: 'Client',
    name: 'client',
    description: 'Which of your clients this call is for: its budget pays',
    ...locator({ method: 'searchClients', example: 'acme' }),
    displayOptions: shown(),
  },
  {
    displayName: 'Simplify',
    name: 'simplify',
    type: 'boolean',
    default: true,
    displayOptions: shown(),
    description: 'Whether to return a simplified version of the response instead of the raw data',
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: shown(),
    options: [
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
        displayName: 'Image Binary Fields',
        name: 'imageBinaryFields',
        type: 'string',
        placeholder: 'e.g. data',
        default: '',
        description: 'Names of the input’s binary fields with pictures the model is to see, with commas between',
      },
      {
        displayName: 'Image URLs',
        name: 'imageUrls',
        type: 'string',
        typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Image' },
        placeholder: 'e.g. https://example.com/receipt.png',
        default: [],
        description: 'Pictures the model is to see',
      },
      {
        displayName: 'Max Tokens',
        name: 'maxTokens',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: 1024,
        description: 'The most tokens the answer may have',
      },
      {
        displayName: 'Project',
        name: 'project',
        description: 'The project this call belongs to',
        ...locator({ method: 'searchProjects', example: 'newsletter' }),
      },
      {
        displayName: 'Reasoning Effort',
        name: 'reasoningEffort',
        type: 'options',
        options: [
          { name: 'Extra High', value: 'xhigh' },
          { name: 'High', value: 'high' },
          { name: 'Low', value: 'low' },
          { name: 'Max', value: 'max' },
          { name: 'Medium', value: 'medium' },
          { name: 'Minimal', value: 'minimal' },
          { name: 'None', value: 'none' },
        ],
        default: 'medium',
        description: 'How long a reasoning model thinks before it answers',
      },
      {
        displayName: 'Scenario',
        name: 'scenario',
        description: 'A name to count this call under, in place of this workflow’s ID',
        ...locator({ method: 'searchScenarios', example: 'classify-emails' }),
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
        description: 'How many seconds to wait for the answer',
      },
    ],
  },
];

function shown(also: Record<string, string[]> = {}): NonNullable<INodeProperties['displayOptions']> {
  return { show: { resource: ['chat'], operation: ['complete'], ...also } };
}
