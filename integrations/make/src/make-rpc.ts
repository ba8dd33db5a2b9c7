import type { Operation } from '@ai-gateway/shared/operation';
import { type Component, componentId, connectionId } from './component.ts';
import { paged } from './make-module.ts';

/** A list as a drop-down: the name where rows have one (a model's has its vendor and price), the id as the value. */
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
          output: { label: '{{ifempty(ifempty(item.display_name, item.name), item.id)}}', value: '{{item.id}}' },
          // "3 * number of objects per page": https://developers.make.com/custom-apps-documentation/app-components/rpcs
          limit: 300,
        },
      },
      params: [],
    },
  };
}
