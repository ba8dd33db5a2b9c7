import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { apiError } from '../api-error.ts';
import { mappedFields } from '../mapped-fields.ts';
import { modelsFor } from '../models-for.ts';
import { refusedItem } from '../refused-item.ts';
import { listSearches } from '../search-list.ts';
import { connectionDoctor } from './connection-doctor.ts';
import { chatProperties, fieldLists, lists, properties, resources } from './generated-form.ts';
import { runItem } from './run-item.ts';

/** By `resource.operation`, in words for the canvas: `Create chat completion`. */
const actionNames: Record<string, string> = Object.fromEntries(
  properties
    .filter(({ name }) => name === 'operation')
    .flatMap(({ displayOptions, options = [] }) =>
      options.flatMap((option) =>
        'action' in option && typeof option.action === 'string'
          ? [[`${displayOptions?.show?.resource?.[0]}.${option.value}`, option.action]]
          : [],
      ),
    ),
);

/**
 * Programmatic, not declarative: the form and the calls are read off the gateway's contract, the typed client is shared with
 * the other platforms, and an answer is shaped from body and headers together.
 */
export class AiGateway implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'AI Gateway',
    name: 'aiGateway',
    icon: { light: 'file:../../icons/ai-gateway.svg', dark: 'file:../../icons/ai-gateway.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: `={{ (${JSON.stringify(actionNames)})[$parameter["resource"] + "." + $parameter["operation"]] }}`,
    description: 'Ask any model under a budget, and see what each client costs',
    defaults: { name: 'AI Gateway' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'aiGatewayApi', required: true, testedBy: 'connectionDoctor' }],
    properties: [
      {
        displayName: 'Resource',
        name: 'resource',
        type: 'options',
        noDataExpression: true,
        options: resources,
        default: 'chat',
      },
      ...properties.filter(({ name }) => name === 'operation'),
      ...chatProperties,
      ...properties.filter(({ name }) => name !== 'operation'),
    ],
  };

  methods = {
    credentialTest: { connectionDoctor },
    listSearch: listSearches(lists),
    loadOptions: { getModels: modelsFor },
    resourceMapping: mappedFields(fieldLists),
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    const answered: INodeExecutionData[] = [];
    const cancelled = this.getExecutionCancelSignal();
    for (const item of this.getInputData().keys()) {
      // A person stopped the execution. n8n's helper ends the request under way, and leaves the loop to the node.
      if (cancelled?.aborted) break;
      try {
        const rows = await runItem(this, item);
        answered.push(...rows.map((json) => ({ json, pairedItem: { item } })));
      } catch (error) {
        if (cancelled?.aborted) break;
        if (this.continueOnFail()) {
          answered.push({ ...refusedItem(this.getNode(), error, item), pairedItem: { item } });
          continue;
        }
        throw apiError(this.getNode(), error, item);
      }
    }
    return [answered];
  }
}
