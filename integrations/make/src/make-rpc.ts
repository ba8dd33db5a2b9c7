import { fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { scopeTags } from '@ai-gateway/shared/steps/row-label';
import { type VariableType, variableField } from '@ai-gateway/shared/steps/variable-field';
import { type Component, componentId, connectionId, type Json } from './component.ts';
import { makeField } from './make-field.ts';
import { paged, rowsOf } from './make-module.ts';
import { makeRequest } from './make-request.ts';

/** A list as a drop-down: the label of `rowLabel`, the id as the value. */
export function makeRpc(operation: Operation): Component {
  return {
    kind: 'rpc',
    id: componentId(operation.id),
    about: { label: operation.label, connection: connectionId, altConnection: null },
    code: {
      communication: {
        ...paged(operation, { url: operation.path, method: operation.method }, 100),
        response: {
          iterate: '{{body.data}}',
          output: { label: labelOf(operation), value: '{{item.id}}' },
          // "3 * number of objects per page": https://developers.make.com/custom-apps-documentation/app-components/rpcs
          limit: 300,
        },
      },
      params: [],
    },
  };
}

/** The words of `rowLabel`, in IML. */
function labelOf(operation: Operation): string {
  const has = new Set(rowsOf(operation)?.map(({ key }) => key));
  if (has.has('display_name')) return '{{item.display_name}}';
  if (has.has('scope')) {
    const tags = Object.entries(scopeTags).map(([key, each]) => {
      const tag = `item.scope.${key}`;
      return `{{if(${tag}, if(${tag} == '*', ' · ${each}', ' · ' + ${tag}), '')}}`;
    });
    return `{{item.name}}${tags.join('')} · ${'$'}{{item.limit_usd}} {{if(item.period == 'total', 'in total', 'a ' + item.period)}}`;
  }
  const id = has.has('platform') ? "if(item.platform, item.id + ' (' + item.platform + ')', item.id)" : 'item.id';
  return `{{if(item.name, if(item.name == item.id, ${id}, item.name + ' (' + item.id + ')'), ${id})}}`;
}

/** Make's types of the variables of a prompt. A picture may be a data URL, which Make's own `url` refuses. */
const types: Readonly<Record<VariableType, string>> = {
  text: 'text',
  number: 'number',
  boolean: 'boolean',
  choice: 'select',
  json: 'json',
  image: 'text',
  messages: 'array',
};

/** `["a", "b"]` as Make's options. IML has no way to make objects out of texts but by their JSON. */
const choices = `parseJSON(replace(createJSON(item.options), temp.texts, temp.choice))`;

/**
 * Fields that differ from prompt to prompt, in the words of Make's forms.
 * https://developers.make.com/custom-apps-documentation/app-components/rpcs/dynamic-fields-rpc
 */
export function makeFieldsRpc(operation: Operation): Component {
  const { spec, labels } = makeField(
    variableField({ name: 'messages', label: 'Messages', type: 'messages', required: false }),
  );
  return {
    kind: 'rpc',
    id: componentId(operation.id),
    about: { label: operation.label, connection: connectionId, altConnection: null },
    code: {
      communication: {
        ...makeRequest(operation, fieldsOf(operation), new Set()),
        temp: {
          types,
          texts: '/("(?:[^"\\\\]|\\\\.)*")/g',
          choice: '{"label":$1,"value":$1}',
          messages: { spec, labels } as Json,
        },
        response: {
          iterate: '{{body.data}}',
          output: {
            name: '{{item.name}}',
            label: '{{item.label}}',
            type: '{{get(temp.types, item.type)}}',
            help: '{{ifempty(item.description, undefined)}}',
            required: '{{item.required}}',
            default: '{{ifempty(item.default, undefined)}}',
            multiline: "{{if(item.type == 'text', true, undefined)}}",
            options: `{{if(item.type == 'choice', ${choices}, undefined)}}`,
            spec: "{{if(item.type == 'messages', temp.messages.spec, undefined)}}",
            labels: "{{if(item.type == 'messages', temp.messages.labels, undefined)}}",
          },
          limit: 100,
        },
      },
      params: [],
    },
  };
}
