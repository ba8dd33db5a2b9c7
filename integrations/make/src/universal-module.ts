import { type Component, connectionId } from './component.ts';

/** Any call of the API. Label and description are the words Make's reviewers ask for. */
export const universalModule: Component = {
  kind: 'module',
  id: 'makeAnApiCall',
  about: {
    label: 'Make an API call',
    description: 'Performs an arbitrary authorized API call.',
    moduleType: 'universal',
    connection: connectionId,
    altConnection: null,
  },
  code: {
    communication: {
      // The text is always a path of the gateway: with a host in it the key would go there.
      url: "/{{replace(parameters.url, '/^[/]+/', '')}}",
      method: '{{parameters.method}}',
      headers: {
        'Content-Type': 'application/json',
        '{{...}}': "{{toCollection(parameters.headers, 'key', 'value')}}",
      },
      qs: { '{{...}}': "{{toCollection(parameters.qs, 'key', 'value')}}" },
      body: '{{parameters.body}}',
      type: 'text',
      response: { output: { body: '{{body}}', headers: '{{headers}}', statusCode: '{{statusCode}}' } },
    },
    staticParams: [],
    mappableParams: [
      {
        name: 'url',
        type: 'text',
        label: 'URL',
        required: true,
        help: 'Enter a path relative to your gateway URL. For example, `/v1/usage/clients`. The calls are described at `/docs` of your gateway.',
      },
      {
        name: 'method',
        type: 'select',
        label: 'Method',
        required: true,
        default: 'GET',
        options: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => ({ label: method, value: method })),
      },
      pairs('headers', 'Headers', 'You do not have to add authorization: the connection has it.'),
      pairs('qs', 'Query string', undefined),
      { name: 'body', type: 'any', label: 'Body', help: 'JSON.' },
    ],
    interface: [
      { name: 'body', type: 'any', label: 'Body' },
      { name: 'headers', type: 'collection', label: 'Headers', spec: [] },
      { name: 'statusCode', type: 'integer', label: 'Status code' },
    ],
    samples: {
      body: { data: [{ id: 'acme', name: 'Acme Inc.' }], next_cursor: null },
      headers: { 'content-type': 'application/json; charset=utf-8' },
      statusCode: 200,
    },
  },
};

function pairs(name: string, label: string, help: string | undefined) {
  return {
    name,
    type: 'array',
    label,
    help,
    labels: { add: 'Add item' },
    spec: [
      { name: 'key', type: 'text', label: 'Key', required: true },
      { name: 'value', type: 'text', label: 'Value' },
    ],
  };
}
