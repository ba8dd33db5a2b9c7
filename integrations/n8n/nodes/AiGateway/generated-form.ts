// Written from the contract by generate.mjs. Not to be edited: run `npm run generate`.
import type { EventType } from '@ai-gateway/shared/operations/events';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { FieldsPlan, ListPlan, OperationPlan } from './operation-plan.ts';

export const resources: INodePropertyOptions[] = [
  {
    name: 'Budget',
    value: 'budget',
  },
  {
    name: 'Chat',
    value: 'chat',
  },
  {
    name: 'Client',
    value: 'client',
  },
  {
    name: 'Connection',
    value: 'me',
  },
  {
    name: 'Event',
    value: 'event',
  },
  {
    name: 'Experiment',
    value: 'experiment',
  },
  {
    name: 'Feedback',
    value: 'feedback',
  },
  {
    name: 'Invoice',
    value: 'invoice',
  },
  {
    name: 'Model',
    value: 'model',
  },
  {
    name: 'Project',
    value: 'project',
  },
  {
    name: 'Prompt',
    value: 'prompt',
  },
  {
    name: 'Savings',
    value: 'saving',
  },
  {
    name: 'Scenario',
    value: 'scenario',
  },
  {
    name: 'Usage',
    value: 'usage',
  },
];

export const properties: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['chat'],
      },
    },
    options: [
      {
        name: 'Create Chat Completion',
        value: 'complete',
        description: 'Creates a chat completion with any model of any provider, within your budgets',
        action: 'Create chat completion',
      },
    ],
    default: 'complete',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['me'],
      },
    },
    options: [
      {
        name: 'Get This Key',
        value: 'get',
        description: 'Gets this key, its workspace and the providers it can use. Connection tests call it.',
        action: 'Get this key',
      },
    ],
    default: 'get',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['model'],
      },
    },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists the chat models this key can use, <code>auto</code> first',
        action: 'Get many models',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['budget'],
      },
    },
    options: [
      {
        name: 'Check Budget',
        value: 'check',
        description: 'Checks whether a call with these tags would be allowed now. Free.',
        action: 'Check budget',
      },
      {
        name: 'Create Budget',
        value: 'create',
        description: 'Creates a spending limit. A call that would exceed it is refused before it is sent.',
        action: 'Create budget',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description:
          'Lists budgets with their spending. A budget with "*" is listed once, by the instance that has used most.',
        action: 'Get many budgets',
      },
      {
        name: 'Raise Budget',
        value: 'raise',
        description: 'Raises a budget, for this period or for every period from now on',
        action: 'Raise budget',
      },
    ],
    default: 'check',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['usage'],
      },
    },
    options: [
      {
        name: 'Usage by Client',
        value: 'clients',
        description:
          'Lists clients with their calls, tokens, cost and the amount to bill. Can list projects, scenarios, models, keys or days instead.',
        action: 'Get usage by client',
      },
      {
        name: 'List Calls',
        value: 'requests',
        description: 'Lists single calls, newest first',
        action: 'List calls',
      },
    ],
    default: 'clients',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['client'],
      },
    },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists clients that have called or were set up, by name',
        action: 'Get many clients',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['project'],
      },
    },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists projects that have called',
        action: 'Get many projects',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['invoice'],
      },
    },
    options: [
      {
        name: 'Create Invoice',
        value: 'create',
        description:
          'Creates an invoice for a client’s calls in a period. It gets a number and cannot change, and no call is billed twice.',
        action: 'Create invoice',
      },
    ],
    default: 'create',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['scenario'],
      },
    },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists scenarios that have called, with state, rate and spending, latest first',
        action: 'Get many scenarios',
      },
      {
        name: 'Pause Scenario',
        value: 'pause',
        description:
          'Pauses a scenario. Its calls are refused from now on. With a stored connection it is stopped at its platform too.',
        action: 'Pause scenario',
      },
      {
        name: 'Resume Scenario',
        value: 'resume',
        description: 'Resumes a scenario: allows its calls again and resets its counters',
        action: 'Resume scenario',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['saving'],
      },
    },
    options: [
      {
        name: 'Get Savings',
        value: 'get',
        description:
          'Lists savings of auto, rules, provider caches and the response cache, by day, client, task or model, with the evidence for them',
        action: 'Get savings',
      },
    ],
    default: 'get',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['event'],
      },
    },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists events such as budget alerts and paused scenarios, newest first',
        action: 'Get many events',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['prompt'],
      },
    },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists the prompts that the key can run, by ID, without their texts',
        action: 'Get many prompts',
      },
      {
        name: 'Run Prompt',
        value: 'run',
        description: 'Runs a prompt of your gateway with your values, within your budgets',
        action: 'Run prompt',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['experiment'],
      },
    },
    options: [
      {
        name: 'Adopt Experiment’s Winner',
        value: 'adopt',
        description:
          'Adopts the better arm for all calls: moves the label production to its prompt version, or writes a rule with its model, effort or dial. The experiment ends.',
        action: 'Adopt winner of experiment',
      },
      {
        name: 'Get Experiment’s Result',
        value: 'results',
        description:
          'Gets in words and numbers which arm is better, or that it is too early to say, up to the last call',
        action: 'Get results of experiment',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Lists experiments with their state and verdict, the newest first',
        action: 'Get many experiments',
      },
      {
        name: 'Start Experiment',
        value: 'start',
        description: 'Starts a draft: from the next call on, calls are divided among its arms',
        action: 'Start experiment',
      },
      {
        name: 'Stop Experiment',
        value: 'stop',
        description: 'Stops a running experiment: its calls go where they would go without it. Its results stay.',
        action: 'Stop experiment',
      },
    ],
    default: 'adopt',
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: {
      show: {
        resource: ['feedback'],
      },
    },
    options: [
      {
        name: 'Send Feedback',
        value: 'create',
        description:
          'Sends a score of the answer to a call, within 30 days. Experiments and <code>auto</code> learn from it. The last score of a name counts.',
        action: 'Send feedback',
      },
    ],
    default: 'create',
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['model'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['model'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['check'],
      },
    },
    options: [
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients the calls are for',
      },
      {
        displayName: 'Max Tokens',
        name: 'maxTokens',
        type: 'number',
        typeOptions: {
          numberPrecision: 0,
        },
        default: 0,
        description: 'The longest answer that you want to afford',
      },
      {
        displayName: 'Model',
        name: 'model',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchModels',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. gpt-4o',
          },
        ],
        description: 'A model’s own name, provider/model, or auto',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The project the calls belong to',
      },
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The scenario, zap or workflow that makes the calls',
      },
    ],
  },
  {
    displayName: 'Name',
    name: 'name',
    type: 'string',
    placeholder: 'e.g. Acme',
    default: '',
    required: true,
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['create'],
      },
    },
    description: 'A name to recognize the budget by',
  },
  {
    displayName: 'Limit (USD)',
    name: 'limitUsd',
    type: 'number',
    default: 0,
    required: true,
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['create'],
      },
    },
    description: 'Calls stop once this much is spent',
  },
  {
    displayName: 'Scope',
    name: 'scope',
    type: 'collection',
    placeholder: 'Add Scope',
    options: [
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Calls for this client. "*" gives each its own budget of this size.',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Calls of this project. "*" gives each its own budget of this size.',
      },
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Calls of this scenario. "*" gives each its own budget of this size.',
      },
      {
        displayName: 'Key',
        name: 'keyId',
        type: 'string',
        default: '',
        description: 'Calls with this key. GET /v1/keys lists the IDs. "*" gives each its own budget of this size.',
      },
    ],
    default: {},
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['create'],
      },
    },
    description: 'The calls that the budget limits: those with all of these tags. Empty: all calls.',
  },
  {
    displayName: 'Period',
    name: 'period',
    type: 'options',
    options: [
      {
        name: 'Day',
        value: 'day',
      },
      {
        name: 'Week',
        value: 'week',
      },
      {
        name: 'Month',
        value: 'month',
      },
      {
        name: 'Total',
        value: 'total',
      },
    ],
    default: 'month',
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['create'],
      },
    },
    description: 'How often the budget resets. Weeks start on Monday; Total never resets.',
  },
  {
    displayName: 'On Limit',
    name: 'onLimit',
    type: 'options',
    options: [
      {
        name: 'Block',
        value: 'block',
      },
      {
        name: 'Notify',
        value: 'notify',
      },
      {
        name: 'Downgrade',
        value: 'downgrade',
      },
    ],
    default: 'block',
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['create'],
      },
    },
    description:
      'Block: calls are refused. Notify: calls go on and you get an alert. Downgrade: the cheapest capable model answers from the first threshold on, and calls are refused at 100 %.',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['create'],
      },
    },
    options: [
      {
        displayName: 'Time Zone',
        name: 'timezone',
        type: 'string',
        default: 'UTC',
        description: 'The time zone in which its days begin: an IANA name such as Europe/Berlin',
      },
      {
        displayName: 'Thresholds',
        name: 'thresholds',
        type: 'string',
        placeholder: 'e.g. 80, 100',
        default: '80, 90, 100',
        description: 'Send an alert at these percentages of the limit, once per period',
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients the calls are for',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The project the calls belong to',
      },
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The scenario, zap or workflow that makes the calls',
      },
      {
        displayName: 'Status',
        name: 'status',
        type: 'options',
        options: [
          {
            name: 'Any',
            value: '',
          },
          {
            name: 'Ok',
            value: 'ok',
          },
          {
            name: 'Warning',
            value: 'warning',
          },
          {
            name: 'Exceeded',
            value: 'exceeded',
          },
        ],
        default: '',
        description: 'Warning: past the first threshold. exceeded: the limit is spent.',
      },
    ],
  },
  {
    displayName: 'Budget',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchBudgets',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. bud_01k2',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['raise'],
      },
    },
    description: 'Pick a budget',
  },
  {
    displayName: 'Raise by (USD)',
    name: 'byUsd',
    type: 'number',
    default: 0,
    required: true,
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['raise'],
      },
    },
    description: 'Amount to add, in dollars',
  },
  {
    displayName: 'Until',
    name: 'until',
    type: 'options',
    options: [
      {
        name: 'Period End',
        value: 'period_end',
      },
      {
        name: 'Forever',
        value: 'forever',
      },
    ],
    default: 'period_end',
    displayOptions: {
      show: {
        resource: ['budget'],
        operation: ['raise'],
      },
    },
    description: 'Period end: this period only. Forever: every period from now on.',
  },
  {
    displayName: 'Group By',
    name: 'groupBy',
    type: 'options',
    options: [
      {
        name: 'Client',
        value: 'client',
      },
      {
        name: 'Day',
        value: 'day',
      },
      {
        name: 'Hour',
        value: 'hour',
      },
      {
        name: 'Key',
        value: 'key',
      },
      {
        name: 'Model',
        value: 'model',
      },
      {
        name: 'Platform',
        value: 'platform',
      },
      {
        name: 'Project',
        value: 'project',
      },
      {
        name: 'Provider',
        value: 'provider',
      },
      {
        name: 'Scenario',
        value: 'scenario',
      },
    ],
    default: 'client',
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['clients'],
      },
    },
    description: 'The meaning of a row: one client, one model, one day, and so on',
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['clients'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['clients'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['clients'],
      },
    },
    options: [
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients the calls are for',
      },
      {
        displayName: 'From',
        name: 'from',
        type: 'string',
        placeholder: 'e.g. 2026-11-01',
        default: '',
        description: 'The first day or time. Default: the start of this month.',
      },
      {
        displayName: 'Period',
        name: 'period',
        type: 'string',
        default: '',
        description: 'A whole month in place of From and To: last_month, or a month such as 2026-10',
      },
      {
        displayName: 'Time Zone',
        name: 'timezone',
        type: 'string',
        default: '',
        description: "The time zone of days and months. Default: the workspace's.",
      },
      {
        displayName: 'To',
        name: 'to',
        type: 'string',
        default: '',
        description: 'The last day (included), or the time at which the range ends. Default: now.',
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['requests'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['requests'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['usage'],
        operation: ['requests'],
      },
    },
    options: [
      {
        displayName: 'Call',
        name: 'id',
        type: 'string',
        default: '',
        description:
          'The call with this request ID, which its answer has in a header and a step has as Request ID. It is found in any month, unless From or To is set.',
      },
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients the calls are for',
      },
      {
        displayName: 'Execution',
        name: 'executionId',
        type: 'string',
        default: '',
        description: 'The single run of a scenario',
      },
      {
        displayName: 'Failed Over',
        name: 'failedOver',
        type: 'boolean',
        default: false,
        description:
          'Whether “Failed over” applies. true: calls with more than one attempt. false: calls that the first provider answered.',
      },
      {
        displayName: 'From',
        name: 'from',
        type: 'string',
        default: '',
        description: 'The first day or time. Default: the start of this month.',
      },
      {
        displayName: 'Key',
        name: 'keyId',
        type: 'string',
        default: '',
        description: 'Calls with this key. GET /v1/keys lists the IDs.',
      },
      {
        displayName: 'Least Cost (USD)',
        name: 'minCostUsd',
        type: 'number',
        default: 0,
        description: 'Calls that cost this much or more',
      },
      {
        displayName: 'Model',
        name: 'model',
        type: 'string',
        default: '',
        description: 'Calls that this model answered, as the field <code>model</code> names it',
      },
      {
        displayName: 'Platform',
        name: 'scenarioPlatform',
        type: 'string',
        default: '',
        description: 'Where the scenario runs: make, zapier, n8n, …',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The project the calls belong to',
      },
      {
        displayName: 'Provider',
        name: 'provider',
        type: 'string',
        default: '',
        description: 'Calls that this provider answered',
      },
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The scenario, zap or workflow that makes the calls',
      },
      {
        displayName: 'Status',
        name: 'status',
        type: 'options',
        options: [
          {
            name: 'Any',
            value: '',
          },
          {
            name: 'Cancelled',
            value: 'cancelled',
          },
          {
            name: 'Failed',
            value: 'failed',
          },
          {
            name: 'Interrupted',
            value: 'interrupted',
          },
          {
            name: 'Open',
            value: 'open',
          },
          {
            name: 'Refused',
            value: 'refused',
          },
          {
            name: 'Succeeded',
            value: 'succeeded',
          },
        ],
        default: '',
        description:
          'Cancelled: the client disconnected. interrupted: the gateway stopped mid-call; cost estimated. refused: calls that were not made, the last twenty of each hour, code, key and set of tags. Refused calls are listed only with this filter.',
      },
      {
        displayName: 'Time Zone',
        name: 'timezone',
        type: 'string',
        default: '',
        description: "The time zone of days and months. Default: the workspace's.",
      },
      {
        displayName: 'To',
        name: 'to',
        type: 'string',
        default: '',
        description: 'The last day (included), or the time at which the range ends. Default: now.',
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['client'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['client'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['client'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'Search',
        name: 'search',
        type: 'string',
        placeholder: 'e.g. acm',
        default: '',
        description: 'Part of a name or an ID. Case does not matter.',
      },
      {
        displayName: 'Client',
        name: 'id',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Only this client',
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['project'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['project'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['project'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'Search',
        name: 'search',
        type: 'string',
        default: '',
        description: 'Part of a name or an ID. Case does not matter.',
      },
    ],
  },
  {
    displayName: 'Client',
    name: 'clientId',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchClients',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. acme',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['invoice'],
        operation: ['create'],
      },
    },
    description: 'Which of your clients the calls are for',
  },
  {
    displayName: 'Period',
    name: 'period',
    type: 'string',
    placeholder: 'e.g. 2026-10',
    default: '',
    displayOptions: {
      show: {
        resource: ['invoice'],
        operation: ['create'],
      },
    },
    description:
      'A month such as 2026-10, or last_month, in the workspace’s time zone. Leave it empty to use From and To.',
  },
  {
    displayName: 'From',
    name: 'from',
    type: 'string',
    default: '',
    displayOptions: {
      show: {
        resource: ['invoice'],
        operation: ['create'],
      },
    },
    description: 'The first day or time that is billed. Only without a period.',
  },
  {
    displayName: 'To',
    name: 'to',
    type: 'string',
    default: '',
    displayOptions: {
      show: {
        resource: ['invoice'],
        operation: ['create'],
      },
    },
    description: 'The first day or time after the billed range; not in the future. Only without a period.',
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['scenario'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['scenario'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['scenario'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'State',
        name: 'state',
        type: 'options',
        options: [
          {
            name: 'Any',
            value: '',
          },
          {
            name: 'Running',
            value: 'running',
          },
          {
            name: 'Paused',
            value: 'paused',
          },
        ],
        default: '',
        description: 'Running, or paused: its calls are refused',
      },
      {
        displayName: 'Search',
        name: 'search',
        type: 'string',
        default: '',
        description: 'Part of the ID or the name',
      },
    ],
  },
  {
    displayName: 'Scenario',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchScenarios',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. 42',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['scenario'],
        operation: ['pause'],
      },
    },
    description: 'The scenario, zap or workflow that makes the calls',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['scenario'],
        operation: ['pause'],
      },
    },
    options: [
      {
        displayName: 'Reason',
        name: 'reason',
        type: 'string',
        placeholder: 'e.g. Under repair',
        default: '',
        description: 'Shown in the error message',
      },
    ],
  },
  {
    displayName: 'Scenario',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchScenarios',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. 42',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['scenario'],
        operation: ['resume'],
      },
    },
    description: 'The scenario, zap or workflow that makes the calls',
  },
  {
    displayName: 'Group By',
    name: 'groupBy',
    type: 'options',
    options: [
      {
        name: 'Day',
        value: 'day',
      },
      {
        name: 'Client',
        value: 'client',
      },
      {
        name: 'Task',
        value: 'task',
      },
      {
        name: 'Model',
        value: 'model',
      },
    ],
    default: 'day',
    displayOptions: {
      show: {
        resource: ['saving'],
        operation: ['get'],
      },
    },
    description: 'The meaning of a row',
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['saving'],
        operation: ['get'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['saving'],
        operation: ['get'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['saving'],
        operation: ['get'],
      },
    },
    options: [
      {
        displayName: 'Period',
        name: 'period',
        type: 'string',
        default: '',
        description: 'A whole month in place of From and To: last_month, or a month such as 2026-10',
      },
      {
        displayName: 'From',
        name: 'from',
        type: 'string',
        placeholder: 'e.g. 2026-11-01',
        default: '',
        description: 'The first day or time. Default: the start of this month.',
      },
      {
        displayName: 'To',
        name: 'to',
        type: 'string',
        default: '',
        description: 'The last day (included), or the time at which the range ends. Default: now.',
      },
      {
        displayName: 'Time Zone',
        name: 'timezone',
        type: 'string',
        default: '',
        description: "The time zone of days. Default: the workspace's.",
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['event'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['event'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['event'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'After',
        name: 'after',
        type: 'string',
        default: '',
        description: 'Only events after this event (its ID) or this time',
      },
      {
        displayName: 'Budget',
        name: 'budgetId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchBudgets',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Pick a budget',
      },
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients the calls are for',
      },
      {
        displayName: 'Percent',
        name: 'percent',
        type: 'number',
        typeOptions: {
          numberPrecision: 0,
        },
        default: 0,
        description: 'For budget alerts: only this threshold',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The project the calls belong to',
      },
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The scenario, zap or workflow that makes the calls',
      },
      {
        displayName: 'Type',
        name: 'type',
        type: 'options',
        options: [
          {
            name: 'Any',
            value: '',
          },
          {
            name: 'Auto Task Cleared',
            value: 'auto.task_cleared',
          },
          {
            name: 'Auto Task Withdrawn',
            value: 'auto.task_withdrawn',
          },
          {
            name: 'Budget Exceeded',
            value: 'budget.exceeded',
          },
          {
            name: 'Budget Reset',
            value: 'budget.reset',
          },
          {
            name: 'Budget Threshold Reached',
            value: 'budget.threshold_reached',
          },
          {
            name: 'Client Lookalike',
            value: 'client.lookalike',
          },
          {
            name: 'Experiment Decided',
            value: 'experiment.decided',
          },
          {
            name: 'Experiment Guard Tripped',
            value: 'experiment.guard_tripped',
          },
          {
            name: 'Incident Opened',
            value: 'incident.opened',
          },
          {
            name: 'Incident Resolved',
            value: 'incident.resolved',
          },
          {
            name: 'Incident Updated',
            value: 'incident.updated',
          },
          {
            name: 'Latency Degraded',
            value: 'latency.degraded',
          },
          {
            name: 'Prompt Published',
            value: 'prompt.published',
          },
          {
            name: 'Provider Down',
            value: 'provider.down',
          },
          {
            name: 'Provider Recovered',
            value: 'provider.recovered',
          },
          {
            name: 'Provider Refused Account',
            value: 'provider.refused_account',
          },
          {
            name: 'Rule Unreachable',
            value: 'rule.unreachable',
          },
          {
            name: 'Scenario Paused',
            value: 'scenario.paused',
          },
          {
            name: 'Scenario Resumed',
            value: 'scenario.resumed',
          },
        ],
        default: '',
        description: 'Only events of this type',
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'Search',
        name: 'search',
        type: 'string',
        placeholder: 'e.g. reply',
        default: '',
        description: 'Part of a name or an ID. Case does not matter.',
      },
      {
        displayName: 'Archived',
        name: 'archived',
        type: 'boolean',
        default: false,
        description: 'Whether “Archived” applies. List deleted prompts in place of those that can be called.',
      },
    ],
  },
  {
    displayName: 'Prompt',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchPrompts',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. support-reply',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['run'],
      },
    },
    description: 'Pick a prompt',
  },
  {
    displayName: 'Label',
    name: 'label',
    type: 'string',
    default: '',
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['run'],
      },
    },
    description: 'Use the version of this label. Default: production.',
  },
  {
    displayName: 'Variables',
    name: 'variables',
    type: 'resourceMapper',
    noDataExpression: true,
    default: {
      mappingMode: 'defineBelow',
      value: null,
    },
    typeOptions: {
      resourceMapper: {
        resourceMapperMethod: 'getPromptsFields',
        mode: 'add',
        fieldWords: {
          singular: 'variable',
          plural: 'variables',
        },
        addAllFields: true,
        multiKeyMatch: false,
        supportAutoMap: false,
        noFieldsError: 'There are no variables.',
      },
      loadOptionsDependsOn: ['id.value', 'label'],
    },
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['run'],
      },
    },
    description: 'The value of each variable, by its name',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['prompt'],
        operation: ['run'],
      },
    },
    options: [
      {
        displayName: 'Client',
        name: 'clientId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients this call is for. It counts against that client’s budget.',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'The project this call belongs to',
      },
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description:
          'A name to count this call under, in place of this workflow’s own ID. Use one name in several workflows that share a budget.',
      },
      {
        displayName: 'Timeout',
        name: 'timeout',
        type: 'number',
        default: 300,
        description: 'How many seconds to wait for the answer',
      },
    ],
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['getAll'],
      },
    },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: {
      minValue: 1,
    },
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['getAll'],
        returnAll: [false],
      },
    },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['getAll'],
      },
    },
    options: [
      {
        displayName: 'State',
        name: 'state',
        type: 'options',
        options: [
          {
            name: 'Adopted',
            value: 'adopted',
          },
          {
            name: 'Any',
            value: '',
          },
          {
            name: 'Draft',
            value: 'draft',
          },
          {
            name: 'Running',
            value: 'running',
          },
          {
            name: 'Stopped',
            value: 'stopped',
          },
        ],
        default: '',
        description: 'Draft, running, stopped or adopted',
      },
    ],
  },
  {
    displayName: 'Experiment',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchExperiments',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. exp_01k2',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['start'],
      },
    },
    description: 'Pick an experiment',
  },
  {
    displayName: 'Experiment',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchExperiments',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. exp_01k2',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['stop'],
      },
    },
    description: 'Pick an experiment',
  },
  {
    displayName: 'Experiment',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchExperiments',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. exp_01k2',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['adopt'],
      },
    },
    description: 'Pick an experiment',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['adopt'],
      },
    },
    options: [
      {
        displayName: 'Arm',
        name: 'arm',
        type: 'string',
        default: '',
        description:
          'Another arm than the better one. Left empty, the winner is adopted, and nothing is while there is none.',
      },
    ],
  },
  {
    displayName: 'Experiment',
    name: 'id',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchExperiments',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. exp_01k2',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['experiment'],
        operation: ['results'],
      },
    },
    description: 'Pick an experiment',
  },
  {
    displayName: 'Request',
    name: 'requestId',
    type: 'string',
    placeholder: 'e.g. req_01k2',
    default: '',
    displayOptions: {
      show: {
        resource: ['feedback'],
        operation: ['create'],
      },
    },
    description: 'Map Request ID of the step that asked the model. Left empty, the last call of this run is scored.',
  },
  {
    displayName: 'Score',
    name: 'score',
    type: 'string',
    placeholder: 'e.g. up',
    default: '',
    required: true,
    displayOptions: {
      show: {
        resource: ['feedback'],
        operation: ['create'],
      },
    },
    description: 'Up, down, or a number from 0 (useless) to 1 (right)',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: {
      show: {
        resource: ['feedback'],
        operation: ['create'],
      },
    },
    options: [
      {
        displayName: 'Scenario',
        name: 'scenarioId',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'With a run: the scenario whose last call is scored. Default: this workflow.',
      },
      {
        displayName: 'Run',
        name: 'executionId',
        type: 'string',
        default: '',
        description: 'In place of a request: the run whose last call is scored. Default: this run.',
      },
      {
        displayName: 'Opinion',
        name: 'name',
        type: 'string',
        default: 'user',
        description:
          'Tells several opinions of one answer apart, such as user and editor. The last score of each counts.',
      },
      {
        displayName: 'Comment',
        name: 'comment',
        type: 'string',
        typeOptions: {
          rows: 4,
        },
        default: '',
        description: 'Stored encrypted',
      },
    ],
  },
];

export const chatProperties: INodeProperties[] = [
  {
    displayName: 'Model',
    name: 'model',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: 'auto',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchModels',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. gpt-4o-mini',
      },
    ],
    required: true,
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
    description: 'The model that answers. “auto” picks one that fits the task.',
  },
  {
    displayName: 'Input',
    name: 'inputType',
    type: 'options',
    options: [
      {
        name: 'Prompt',
        value: 'prompt',
      },
      {
        name: 'Messages',
        value: 'messages',
      },
      {
        name: 'Messages as JSON',
        value: 'json',
      },
    ],
    default: 'prompt',
    required: true,
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
    description: 'One prompt, or a conversation message by message',
  },
  {
    displayName: 'Prompt',
    name: 'prompt',
    type: 'string',
    typeOptions: {
      rows: 4,
    },
    placeholder: 'e.g. Is this e-mail an invoice or a newsletter? One word.',
    default: '',
    required: true,
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
        inputType: ['prompt'],
      },
    },
    description: 'Your question or instruction',
  },
  {
    displayName: 'Messages',
    name: 'messages',
    type: 'fixedCollection',
    typeOptions: {
      multipleValues: true,
      sortable: true,
    },
    placeholder: 'Add Message',
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
              {
                name: 'User',
                value: 'user',
              },
              {
                name: 'Assistant',
                value: 'assistant',
              },
              {
                name: 'System',
                value: 'system',
              },
            ],
            default: 'user',
            description: 'Role of the speaker',
          },
          {
            displayName: 'Content',
            name: 'content',
            type: 'string',
            typeOptions: {
              rows: 4,
            },
            default: '',
            description: 'Text of the message',
          },
        ],
      },
    ],
    default: {
      values: [
        {
          role: 'user',
          content: '',
        },
      ],
    },
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
        inputType: ['messages'],
      },
    },
    description: 'The conversation so far',
  },
  {
    displayName: 'Messages',
    name: 'messagesJson',
    type: 'json',
    default: '[\n  { "role": "user", "content": "Hello" }\n]',
    required: true,
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
        inputType: ['json'],
      },
    },
    description: 'As OpenAI has them: a list of objects with role and content',
  },
  {
    displayName: 'System Prompt',
    name: 'systemPrompt',
    type: 'string',
    typeOptions: {
      rows: 4,
    },
    placeholder: 'e.g. You sort e-mails. Answer in one word.',
    default: '',
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
    description: 'Instructions that apply to the whole answer, such as its tone or its form',
  },
  {
    displayName: 'Output Format',
    name: 'outputFormat',
    type: 'options',
    options: [
      {
        name: 'Text',
        value: 'text',
      },
      {
        name: 'Fields',
        value: 'fields',
      },
      {
        name: 'JSON',
        value: 'json_object',
      },
      {
        name: 'JSON by a Schema',
        value: 'json_schema',
      },
    ],
    default: 'text',
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
    description:
      'Fields gives each field that you name, to map on its own. JSON comes parsed; with plain JSON, describe in the prompt what it holds. An answer without JSON still has its text.',
  },
  {
    displayName: 'Fields',
    name: 'answerFields',
    type: 'fixedCollection',
    typeOptions: {
      multipleValues: true,
      sortable: true,
    },
    placeholder: 'Add Field',
    options: [
      {
        displayName: 'Field',
        name: 'values',
        values: [
          {
            displayName: 'Field Name',
            name: 'fieldName',
            type: 'string',
            default: '',
            description: 'A name in one word, such as category or total',
          },
          {
            displayName: 'Field Type',
            name: 'fieldType',
            type: 'options',
            options: [
              {
                name: 'List of Texts',
                value: 'array',
              },
              {
                name: 'Number',
                value: 'number',
              },
              {
                name: 'Text',
                value: 'string',
              },
              {
                name: 'Whole Number',
                value: 'integer',
              },
              {
                name: 'Yes or No',
                value: 'boolean',
              },
            ],
            default: 'string',
            description: 'The kind of value that the field holds',
          },
          {
            displayName: 'Field Description',
            name: 'fieldDescription',
            type: 'string',
            default: '',
            description: 'Tells the model which value belongs here, and what to give if the text has none',
          },
          {
            displayName: 'Allowed Values',
            name: 'fieldValues',
            type: 'string',
            default: '',
            description: 'The values to choose from, separated by commas. Left empty, any value may come.',
          },
        ],
      },
    ],
    default: {
      values: [
        {
          fieldName: '',
          fieldType: 'string',
          fieldDescription: '',
          fieldValues: '',
        },
      ],
    },
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
        outputFormat: ['fields'],
      },
    },
    description: 'The fields of the answer, such as a category or a total',
  },
  {
    displayName: 'JSON Schema',
    name: 'jsonSchema',
    type: 'json',
    default:
      '{\n  "type": "object",\n  "properties": {\n    "category": { "type": "string" }\n  },\n  "required": ["category"],\n  "additionalProperties": false\n}',
    required: true,
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
        outputFormat: ['json_schema'],
      },
    },
    description:
      'The form of the answer. The model keeps to it strictly if every object is closed (<code>"additionalProperties": false</code>) and every property required.',
  },
  {
    displayName: 'Client',
    name: 'client',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: '',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchClients',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. acme',
      },
    ],
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
    description: 'Which of your clients this call is for. It counts against that client’s budget.',
  },
  {
    displayName: 'Simplify',
    name: 'simplify',
    type: 'boolean',
    default: true,
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
    description: 'Whether to return a simplified version of the response instead of the raw data',
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: [
      {
        displayName: 'Answer From Memory for (Seconds)',
        name: 'cacheSeconds',
        type: 'number',
        typeOptions: {
          minValue: 1,
          numberPrecision: 0,
        },
        default: 3600,
        description:
          'The same question gets the same answer for so long, at no cost. Left empty, every question goes to the model.',
      },
      {
        displayName: 'Binary Fields',
        name: 'imageBinaryFields',
        type: 'string',
        placeholder: 'e.g. data',
        default: '',
        description:
          'Names of the input’s binary fields that go with the prompt, separated by commas: PDFs, pictures, texts, or recordings (MP3, WAV) for models that listen',
      },
      {
        displayName: 'Fallback Model Names or IDs',
        name: 'fallbackModels',
        type: 'multiOptions',
        typeOptions: {
          loadOptionsMethod: 'getModels',
        },
        default: [],
        description:
          'Tried in this order if the model fails. Left empty, the default fallbacks of your gateway apply. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
      },
      {
        displayName: 'Image Detail',
        name: 'imageDetail',
        type: 'options',
        options: [
          {
            name: 'Automatic',
            value: 'auto',
          },
          {
            name: 'Low',
            value: 'low',
          },
          {
            name: 'High',
            value: 'high',
          },
        ],
        default: 'auto',
        description: 'How closely the model looks. Low costs least.',
      },
      {
        displayName: 'Image URLs',
        name: 'imageUrls',
        type: 'string',
        typeOptions: {
          multipleValues: true,
          multipleValueButtonText: 'Add Image',
        },
        placeholder: 'e.g. https://example.com/receipt.png',
        default: [],
        description: 'Pictures that go with the prompt',
      },
      {
        displayName: 'Max Tokens',
        name: 'maxTokens',
        type: 'number',
        typeOptions: {
          minValue: 1,
          numberPrecision: 0,
        },
        default: 1024,
        description: 'Maximum length of the answer, in tokens',
      },
      {
        displayName: 'No Fallback',
        name: 'noFallback',
        type: 'boolean',
        default: false,
        description: 'Whether to fail when the model fails, instead of trying another one',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. newsletter',
          },
        ],
        description: 'The project this call belongs to',
      },
      {
        displayName: 'Reasoning Effort',
        name: 'reasoningEffort',
        type: 'options',
        options: [
          {
            name: 'Extra High',
            value: 'xhigh',
          },
          {
            name: 'High',
            value: 'high',
          },
          {
            name: 'Low',
            value: 'low',
          },
          {
            name: 'Max',
            value: 'max',
          },
          {
            name: 'Medium',
            value: 'medium',
          },
          {
            name: 'Minimal',
            value: 'minimal',
          },
          {
            name: 'None',
            value: 'none',
          },
        ],
        default: 'medium',
        description: 'How long a reasoning model thinks before it answers',
      },
      {
        displayName: 'Scenario',
        name: 'scenario',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. classify-emails',
          },
        ],
        description:
          'A name to count this call under, in place of this workflow’s own ID. Use one name in several workflows that share a budget.',
      },
      {
        displayName: 'Temperature',
        name: 'temperature',
        type: 'number',
        typeOptions: {
          minValue: 0,
          maxValue: 2,
          numberPrecision: 2,
        },
        default: 0.7,
        description: 'How freely the model chooses its words, 0 to 2',
      },
      {
        displayName: 'Timeout',
        name: 'timeout',
        type: 'number',
        typeOptions: {
          minValue: 1,
        },
        default: 300,
        description: 'How many seconds to wait for the answer',
      },
    ],
    displayOptions: {
      show: {
        resource: ['chat'],
        operation: ['complete'],
      },
    },
  },
];

export const modelProperties: INodeProperties[] = [
  {
    displayName: 'Model',
    name: 'model',
    type: 'resourceLocator',
    default: {
      mode: 'list',
      value: 'auto',
    },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchModels',
          searchable: true,
        },
      },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. gpt-4o-mini',
      },
    ],
    required: true,
    description: 'The model that answers. “auto” picks one that fits the task.',
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
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Which of your clients this call is for. It counts against that client’s budget.',
      },
      {
        displayName: 'Fallback Model Names or IDs',
        name: 'fallbackModels',
        type: 'multiOptions',
        typeOptions: {
          loadOptionsMethod: 'getModels',
        },
        default: [],
        description:
          'Tried in this order if the model fails. Left empty, the default fallbacks of your gateway apply. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
      },
      {
        displayName: 'Max Tokens',
        name: 'maxTokens',
        type: 'number',
        typeOptions: {
          minValue: 1,
          numberPrecision: 0,
        },
        default: 1024,
        description: 'Maximum length of the answer, in tokens',
      },
      {
        displayName: 'No Fallback',
        name: 'noFallback',
        type: 'boolean',
        default: false,
        description: 'Whether to fail when the model fails, instead of trying another one',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. newsletter',
          },
        ],
        description: 'The project this call belongs to',
      },
      {
        displayName: 'Reasoning Effort',
        name: 'reasoningEffort',
        type: 'options',
        options: [
          {
            name: 'Extra High',
            value: 'xhigh',
          },
          {
            name: 'High',
            value: 'high',
          },
          {
            name: 'Low',
            value: 'low',
          },
          {
            name: 'Max',
            value: 'max',
          },
          {
            name: 'Medium',
            value: 'medium',
          },
          {
            name: 'Minimal',
            value: 'minimal',
          },
          {
            name: 'None',
            value: 'none',
          },
        ],
        default: 'medium',
        description: 'How long a reasoning model thinks before it answers',
      },
      {
        displayName: 'Scenario',
        name: 'scenario',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. classify-emails',
          },
        ],
        description:
          'A name to count this call under, in place of this workflow’s own ID. Use one name in several workflows that share a budget.',
      },
      {
        displayName: 'Temperature',
        name: 'temperature',
        type: 'number',
        typeOptions: {
          minValue: 0,
          maxValue: 2,
          numberPrecision: 2,
        },
        default: 0.7,
        description: 'How freely the model chooses its words, 0 to 2',
      },
      {
        displayName: 'Timeout',
        name: 'timeout',
        type: 'number',
        typeOptions: {
          minValue: 1,
        },
        default: 300,
        description: 'How many seconds to wait for the answer',
      },
      {
        displayName: 'Top P',
        name: 'topP',
        type: 'number',
        typeOptions: {
          minValue: 0,
          maxValue: 1,
          numberPrecision: 2,
        },
        default: 1,
        description: 'Limits the choice to the likeliest words, 0 to 1. Set either this or temperature.',
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

export const triggerProperties: INodeProperties[] = [
  {
    displayName: 'Events',
    name: 'events',
    type: 'multiOptions',
    required: true,
    default: ['budgetAlert'],
    description: 'Events that start the workflow',
    options: [
      {
        name: 'Budget Alert',
        value: 'budgetAlert',
        description: 'A budget passes one of its thresholds or is used up',
      },
      {
        name: 'Budget Reset',
        value: 'budget.reset',
        description: 'A budget resets at the start of its next period',
      },
      {
        name: 'Experiment Verdict',
        value: 'experiment.decided',
        description: 'An experiment is decided: an arm is better, or none is',
      },
      {
        name: 'Incident',
        value: 'incident',
        description: 'An incident of the gateway or of a provider is opened, updated or resolved',
      },
      {
        name: 'Latency Alert',
        value: 'latency.degraded',
        description: 'A model takes much longer than usual to begin its answers',
      },
      {
        name: 'Lookalike Name',
        value: 'client.lookalike',
        description: 'A call names a client, project or scenario that differs from a known one by case only',
      },
      {
        name: 'Paused Scenario',
        value: 'scenario.paused',
        description: 'A scenario is paused by a person or by its own limits',
      },
      {
        name: 'Provider Account Refusal',
        value: 'provider.refused_account',
        description: 'A provider refuses the gateway’s account because of its key, its credit or its access',
      },
      {
        name: 'Provider Outage',
        value: 'provider.down',
        description: 'A model provider fails',
      },
      {
        name: 'Provider Recovery',
        value: 'provider.recovered',
        description: 'A provider that failed answers again',
      },
      {
        name: 'Published Prompt',
        value: 'prompt.published',
        description: 'The label production of a prompt moves to another version',
      },
      {
        name: 'Resumed Scenario',
        value: 'scenario.resumed',
        description: 'A paused scenario is resumed and its calls are allowed again',
      },
      {
        name: 'Stopped Experiment Arm',
        value: 'experiment.guard_tripped',
        description: 'A guard stops an arm of an experiment because the arm is clearly worse',
      },
      {
        name: 'Task Cleared by Auto',
        value: 'auto.task_cleared',
        description:
          'The answers of a small model agree with those of the strong one often enough, so that "auto" sends it the task',
      },
      {
        name: 'Task Withdrawn by Auto',
        value: 'auto.task_withdrawn',
        description:
          'The newest answers of a small model no longer agree with those of the strong one, so that "auto" takes the task back',
      },
      {
        name: 'Unreachable Rule',
        value: 'rule.unreachable',
        description: 'A rule of routing names a model that no call can reach any more',
      },
    ],
  },
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add Filter',
    default: {},
    description: 'Only events that pass these filters start the workflow',
    options: [
      {
        displayName: 'Budget',
        name: 'budget',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchBudgets',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. bud_01k2',
          },
        ],
        description: 'Alerts of this budget only',
      },
      {
        displayName: 'Client',
        name: 'client',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchClients',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. acme',
          },
        ],
        description: 'Events about this client only',
      },
      {
        displayName: 'Percents',
        name: 'percents',
        type: 'string',
        placeholder: 'e.g. 80, 100',
        default: '',
        description: 'Budget alerts of these thresholds only. 100 is when the budget is used up.',
      },
      {
        displayName: 'Project',
        name: 'project',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchProjects',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. newsletter',
          },
        ],
        description: 'Events about this project only',
      },
      {
        displayName: 'Scenario',
        name: 'scenario',
        type: 'resourceLocator',
        default: {
          mode: 'list',
          value: '',
        },
        modes: [
          {
            displayName: 'From List',
            name: 'list',
            type: 'list',
            typeOptions: {
              searchListMethod: 'searchScenarios',
              searchable: true,
            },
          },
          {
            displayName: 'By ID',
            name: 'id',
            type: 'string',
            placeholder: 'e.g. classify-emails',
          },
        ],
        description: 'Events about this scenario only. It is the workflow’s ID, unless its calls name another.',
      },
    ],
  },
];

export const alertEvents: Readonly<Record<string, readonly EventType[]>> = {
  budgetAlert: ['budget.threshold_reached', 'budget.exceeded'],
  'budget.reset': ['budget.reset'],
  'scenario.paused': ['scenario.paused'],
  'scenario.resumed': ['scenario.resumed'],
  'provider.down': ['provider.down'],
  'provider.recovered': ['provider.recovered'],
  'provider.refused_account': ['provider.refused_account'],
  'latency.degraded': ['latency.degraded'],
  'client.lookalike': ['client.lookalike'],
  'rule.unreachable': ['rule.unreachable'],
  'experiment.decided': ['experiment.decided'],
  'experiment.guard_tripped': ['experiment.guard_tripped'],
  incident: ['incident.opened', 'incident.updated', 'incident.resolved'],
  'prompt.published': ['prompt.published'],
  'auto.task_cleared': ['auto.task_cleared'],
  'auto.task_withdrawn': ['auto.task_withdrawn'],
};

export const operations: Readonly<Record<string, OperationPlan>> = {
  'me.get': {
    id: 'me.get',
    answer: 'one',
    fields: [],
  },
  'model.getAll': {
    id: 'models.list',
    answer: 'rows',
    fields: [],
  },
  'budget.check': {
    id: 'budgets.check',
    answer: 'one',
    fields: [
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'project',
        name: 'project',
        kind: 'text',
        additional: true,
      },
      {
        key: 'scenario_id',
        name: 'scenarioId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'model',
        name: 'model',
        kind: 'text',
        additional: true,
      },
      {
        key: 'max_tokens',
        name: 'maxTokens',
        kind: 'number',
        additional: true,
      },
    ],
  },
  'budget.create': {
    id: 'budgets.create',
    answer: 'one',
    fields: [
      {
        key: 'name',
        name: 'name',
        kind: 'text',
        additional: false,
      },
      {
        key: 'limit_usd',
        name: 'limitUsd',
        kind: 'number',
        additional: false,
      },
      {
        key: 'scope',
        name: 'scope',
        kind: 'group',
        additional: false,
        fields: [
          {
            key: 'client_id',
            name: 'clientId',
            kind: 'text',
            additional: true,
          },
          {
            key: 'project',
            name: 'project',
            kind: 'text',
            additional: true,
          },
          {
            key: 'scenario_id',
            name: 'scenarioId',
            kind: 'text',
            additional: true,
          },
          {
            key: 'key_id',
            name: 'keyId',
            kind: 'text',
            additional: true,
          },
        ],
      },
      {
        key: 'period',
        name: 'period',
        kind: 'text',
        additional: false,
      },
      {
        key: 'timezone',
        name: 'timezone',
        kind: 'text',
        additional: true,
      },
      {
        key: 'thresholds',
        name: 'thresholds',
        kind: 'numbers',
        additional: true,
      },
      {
        key: 'on_limit',
        name: 'onLimit',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'budget.getAll': {
    id: 'budgets.list',
    answer: 'pages',
    fields: [
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'project',
        name: 'project',
        kind: 'text',
        additional: true,
      },
      {
        key: 'scenario_id',
        name: 'scenarioId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'status',
        name: 'status',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'budget.raise': {
    id: 'budgets.raise',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
      {
        key: 'by_usd',
        name: 'byUsd',
        kind: 'number',
        additional: false,
      },
      {
        key: 'until',
        name: 'until',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'usage.clients': {
    id: 'usage.clients',
    answer: 'pages',
    fields: [
      {
        key: 'period',
        name: 'period',
        kind: 'text',
        additional: true,
      },
      {
        key: 'from',
        name: 'from',
        kind: 'text',
        additional: true,
      },
      {
        key: 'to',
        name: 'to',
        kind: 'text',
        additional: true,
      },
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'group_by',
        name: 'groupBy',
        kind: 'text',
        additional: false,
      },
      {
        key: 'timezone',
        name: 'timezone',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'usage.requests': {
    id: 'usage.requests',
    answer: 'pages',
    fields: [
      {
        key: 'from',
        name: 'from',
        kind: 'text',
        additional: true,
      },
      {
        key: 'to',
        name: 'to',
        kind: 'text',
        additional: true,
      },
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'project',
        name: 'project',
        kind: 'text',
        additional: true,
      },
      {
        key: 'scenario_id',
        name: 'scenarioId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'scenario_platform',
        name: 'scenarioPlatform',
        kind: 'text',
        additional: true,
      },
      {
        key: 'execution_id',
        name: 'executionId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'key_id',
        name: 'keyId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'status',
        name: 'status',
        kind: 'text',
        additional: true,
      },
      {
        key: 'model',
        name: 'model',
        kind: 'text',
        additional: true,
      },
      {
        key: 'provider',
        name: 'provider',
        kind: 'text',
        additional: true,
      },
      {
        key: 'failed_over',
        name: 'failedOver',
        kind: 'boolean',
        additional: true,
      },
      {
        key: 'min_cost_usd',
        name: 'minCostUsd',
        kind: 'number',
        additional: true,
      },
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: true,
      },
      {
        key: 'timezone',
        name: 'timezone',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'client.getAll': {
    id: 'clients.list',
    answer: 'pages',
    fields: [
      {
        key: 'search',
        name: 'search',
        kind: 'text',
        additional: true,
      },
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'project.getAll': {
    id: 'projects.list',
    answer: 'pages',
    fields: [
      {
        key: 'search',
        name: 'search',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'invoice.create': {
    id: 'invoices.create',
    answer: 'one',
    fields: [
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: false,
      },
      {
        key: 'period',
        name: 'period',
        kind: 'text',
        additional: false,
      },
      {
        key: 'from',
        name: 'from',
        kind: 'text',
        additional: false,
      },
      {
        key: 'to',
        name: 'to',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'scenario.getAll': {
    id: 'scenarios.list',
    answer: 'pages',
    fields: [
      {
        key: 'state',
        name: 'state',
        kind: 'text',
        additional: true,
      },
      {
        key: 'search',
        name: 'search',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'scenario.pause': {
    id: 'scenarios.pause',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
      {
        key: 'reason',
        name: 'reason',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'scenario.resume': {
    id: 'scenarios.resume',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'saving.get': {
    id: 'savings.get',
    answer: 'rows',
    fields: [
      {
        key: 'period',
        name: 'period',
        kind: 'text',
        additional: true,
      },
      {
        key: 'from',
        name: 'from',
        kind: 'text',
        additional: true,
      },
      {
        key: 'to',
        name: 'to',
        kind: 'text',
        additional: true,
      },
      {
        key: 'group_by',
        name: 'groupBy',
        kind: 'text',
        additional: false,
      },
      {
        key: 'timezone',
        name: 'timezone',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'event.getAll': {
    id: 'events.list',
    answer: 'pages',
    fields: [
      {
        key: 'type',
        name: 'type',
        kind: 'text',
        additional: true,
      },
      {
        key: 'after',
        name: 'after',
        kind: 'text',
        additional: true,
      },
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'project',
        name: 'project',
        kind: 'text',
        additional: true,
      },
      {
        key: 'scenario_id',
        name: 'scenarioId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'budget_id',
        name: 'budgetId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'percent',
        name: 'percent',
        kind: 'number',
        additional: true,
      },
    ],
  },
  'prompt.getAll': {
    id: 'prompts.list',
    answer: 'pages',
    fields: [
      {
        key: 'search',
        name: 'search',
        kind: 'text',
        additional: true,
      },
      {
        key: 'archived',
        name: 'archived',
        kind: 'boolean',
        additional: true,
      },
    ],
  },
  'prompt.run': {
    id: 'prompts.run',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
      {
        key: 'label',
        name: 'label',
        kind: 'text',
        additional: false,
      },
      {
        key: 'variables',
        name: 'variables',
        kind: 'mapped',
        additional: false,
      },
      {
        key: 'client_id',
        name: 'clientId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'project',
        name: 'project',
        kind: 'text',
        additional: true,
      },
      {
        key: 'scenario_id',
        name: 'scenarioId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'timeout',
        name: 'timeout',
        kind: 'number',
        additional: true,
      },
    ],
  },
  'experiment.getAll': {
    id: 'experiments.list',
    answer: 'pages',
    fields: [
      {
        key: 'state',
        name: 'state',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'experiment.start': {
    id: 'experiments.start',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'experiment.stop': {
    id: 'experiments.stop',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'experiment.adopt': {
    id: 'experiments.adopt',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
      {
        key: 'arm',
        name: 'arm',
        kind: 'text',
        additional: true,
      },
    ],
  },
  'experiment.results': {
    id: 'experiments.results',
    answer: 'one',
    fields: [
      {
        key: 'id',
        name: 'id',
        kind: 'text',
        additional: false,
      },
    ],
  },
  'feedback.create': {
    id: 'feedback.create',
    answer: 'one',
    fields: [
      {
        key: 'request_id',
        name: 'requestId',
        kind: 'text',
        additional: false,
      },
      {
        key: 'scenario_id',
        name: 'scenarioId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'execution_id',
        name: 'executionId',
        kind: 'text',
        additional: true,
      },
      {
        key: 'score',
        name: 'score',
        kind: 'text',
        additional: false,
      },
      {
        key: 'name',
        name: 'name',
        kind: 'text',
        additional: true,
      },
      {
        key: 'comment',
        name: 'comment',
        kind: 'text',
        additional: true,
      },
    ],
  },
};

export const lists: Readonly<Record<string, ListPlan>> = {
  searchModels: {
    id: 'models.list',
    searches: false,
    pages: false,
  },
  searchBudgets: {
    id: 'budgets.list',
    searches: false,
    pages: true,
  },
  searchClients: {
    id: 'clients.list',
    searches: true,
    pages: true,
  },
  searchProjects: {
    id: 'projects.list',
    searches: true,
    pages: true,
  },
  searchScenarios: {
    id: 'scenarios.list',
    searches: true,
    pages: true,
  },
  searchPrompts: {
    id: 'prompts.list',
    searches: true,
    pages: true,
  },
  searchExperiments: {
    id: 'experiments.list',
    searches: false,
    pages: true,
  },
};

export const fieldLists: Readonly<Record<string, FieldsPlan>> = {
  getPromptsFields: {
    id: 'prompts.fields',
    takes: [
      {
        key: 'id',
        name: 'id',
      },
      {
        key: 'label',
        name: 'label',
      },
    ],
  },
};
