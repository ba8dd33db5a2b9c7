import { locator } from './forms.ts';
import type { Json } from './real-n8n.ts';

/** The node, operation after operation, by the name of its step; each takes what the ones before it made. */
export const everyOperation: [string, Json][] = [
  ['Create', { resource: 'budget', operation: 'create', name: 'Wf', limitUsd: 5, scope: { clientId: locator('wf') } }],
  ['Raise', { resource: 'budget', operation: 'raise', id: locator('={{ $("Create").item.json.id }}'), byUsd: 1 }],
  [
    'Chat',
    {
      resource: 'chat',
      operation: 'complete',
      model: locator('gpt-4o-mini'),
      prompt: 'Hi',
      client: locator('wf'),
      options: { scenario: locator('mine') },
    },
  ],
  [
    'Prompt',
    {
      resource: 'prompt',
      operation: 'run',
      id: locator('sort-mails'),
      variables: {
        mappingMode: 'defineBelow',
        value: { mail: '={{ { subject: "Hi" } }}' },
        matchingColumns: [],
        schema: [
          { id: 'mail', displayName: 'Mail', required: true, display: true, defaultMatch: false, type: 'string' },
        ],
        attemptToConvertTypes: false,
        convertFieldsToString: false,
      },
      additionalFields: { clientId: locator('prompted') },
    },
  ],
  [
    'Feedback',
    { resource: 'feedback', operation: 'create', requestId: '={{ $("Prompt").item.json.request_id }}', score: 'up' },
  ],
  ['Experiments', { resource: 'experiment', operation: 'getAll', limit: 1 }],
  ...(['start', 'results', 'stop', 'adopt'] as const).map((operation): [string, Json] => [
    `Experiment: ${operation}`,
    {
      resource: 'experiment',
      operation,
      id: locator('={{ $("Experiments").item.json.id }}'),
      ...(operation === 'adopt' ? { additionalFields: { arm: 'B' } } : {}),
    },
  ]),
  ['Prompts', { resource: 'prompt', operation: 'getAll', limit: 1 }],
  ['Check', { resource: 'budget', operation: 'check', additionalFields: { clientId: locator('wf') } }],
  [
    'Usage',
    {
      resource: 'usage',
      operation: 'clients',
      returnAll: true,
      additionalFields: { clientId: locator('wf'), from: '={{ $now.startOf("month").toISO() }}' },
    },
  ],
  ['Calls', { resource: 'usage', operation: 'requests', limit: 1, additionalFields: { clientId: locator('wf') } }],
  ['Savings', { resource: 'saving', operation: 'get', groupBy: 'client', limit: 1 }],
  ['Pause', { resource: 'scenario', operation: 'pause', id: locator('mine'), additionalFields: { reason: 'Tests' } }],
  ['Resume', { resource: 'scenario', operation: 'resume', id: locator('mine') }],
  [
    'Invoice',
    {
      resource: 'invoice',
      operation: 'create',
      clientId: locator('wf'),
      from: '={{ $now.minus({ days: 1 }).toISO() }}',
      to: '={{ $now.toISO() }}',
    },
  ],
  ['Me', { resource: 'me', operation: 'get' }],
  ['Models', { resource: 'model', operation: 'getAll', limit: 1 }],
  ['Clients', { resource: 'client', operation: 'getAll', limit: 1 }],
  ['Projects', { resource: 'project', operation: 'getAll', limit: 1 }],
  ['Budgets', { resource: 'budget', operation: 'getAll', limit: 1 }],
  ['Scenarios', { resource: 'scenario', operation: 'getAll', limit: 1 }],
  ['Events', { resource: 'event', operation: 'getAll', limit: 1 }],
];
