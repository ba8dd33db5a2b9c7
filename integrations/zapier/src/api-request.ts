import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord, readJson } from '@ai-gateway/shared/json';
import type { Create } from 'zapier-platform-core';
import { isEmpty, textOf } from './form-value.ts';
import { gatewayOf, type Settings } from './gateway.ts';
import type { InputData } from './operation-input.ts';
import { asZapierErrors } from './zapier-errors.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Any call of the API, for operations without a step of their own. */
export function apiRequest(settings: Settings): Create {
  return {
    key: 'api_request',
    noun: 'API Request',
    display: {
      label: 'Make API Request',
      description: 'Makes a request to any endpoint of your gateway’s API, with the key of the connection.',
    },
    operation: {
      perform: (z, bundle) =>
        asZapierErrors(z, async () => ({
          body: await gatewayOf(z, bundle, settings).request(requestOf(bundle.inputData)),
        })),
      inputFields: [
        {
          key: 'method',
          label: 'Method',
          type: 'string',
          required: true,
          default: 'GET',
          choices: methods.map((method) => ({ value: method, sample: method, label: method })),
        },
        {
          key: 'path',
          label: 'Path',
          type: 'string',
          required: true,
          placeholder: '/v1/usage/clients',
          helpText:
            'The part after the gateway’s address, such as `/v1/usage/clients`. Your gateway lists its endpoints at `/docs`.',
        },
        {
          key: 'query',
          label: 'Query',
          dict: true,
          required: false,
          helpText: 'Parameters of the address, such as `limit` and `10`.',
        },
        { key: 'body', label: 'Body', type: 'text', required: false, helpText: 'JSON. `GET` sends none.' },
      ],
      sample: { body: { data: [{ id: 'acme', name: 'Acme Inc.' }], next_cursor: null } },
    },
  };
}

function requestOf({ method, path, query, body }: InputData) {
  const verb = textOf(method).toUpperCase() || 'GET';
  return {
    method: verb,
    path: `/${textOf(path).replace(/^\/+/, '')}${queryOf(query)}`,
    ...(verb === 'GET' || isEmpty(body) ? {} : { body: jsonOf(body) }),
  };
}

function queryOf(query: unknown): string {
  const pairs = isRecord(query) ? Object.entries(query).filter(([, value]) => !isEmpty(value)) : [];
  const text = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, textOf(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

function jsonOf(body: unknown): unknown {
  const value = typeof body === 'string' ? readJson(body) : body;
  if (value === undefined)
    throw new GatewayError('invalid_request', 'The body is not valid JSON. Check its quotes and commas.', {
      param: 'body',
    });
  return value;
}
