// n8n's linter knows by this import that the node is one of its AI nodes (`no-ai-codex-category`).
import type * as AiNodeSdk from '@n8n/ai-node-sdk';
import {
  type INodeType,
  type INodeTypeDescription,
  type ISupplyDataFunctions,
  NodeConnectionTypes,
  NodeOperationError,
  type SupplyData,
} from 'n8n-workflow';
import { connectionDoctor } from '../AiGateway/connection-doctor.ts';
import { lists, modelProperties } from '../AiGateway/generated-form.ts';
import { credentialName } from '../gateway.ts';
import { modelsFor } from '../models-for.ts';
import { listSearches } from '../search-list.ts';
import { failedAttempt } from './failed-attempt.ts';
import { type ModelForm, modelOptions } from './model-options.ts';

/** A chat model for AI Agents and chains: every call of theirs is budgeted and tagged as the node's own are. */
export class LmChatAiGateway implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'AI Gateway Chat Model',
    name: 'lmChatAiGateway',
    icon: { light: 'file:../../icons/ai-gateway.svg', dark: 'file:../../icons/ai-gateway.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: '={{ $parameter["model"].value }}',
    description: 'For AI Agents and chains: any model, under your budgets',
    defaults: { name: 'AI Gateway Chat Model' },
    inputs: [],
    outputs: [NodeConnectionTypes.AiLanguageModel],
    outputNames: ['Model'],
    credentials: [{ name: 'aiGatewayApi', required: true, testedBy: 'connectionDoctor' }],
    properties: modelProperties,
  };

  methods = {
    credentialTest: { connectionDoctor },
    listSearch: listSearches(lists),
    loadOptions: { getModels: modelsFor },
  };

  async supplyData(this: ISupplyDataFunctions, item: number): Promise<SupplyData> {
    const credential = await this.getCredentials<{ baseUrl: string; apiKey: string }>(credentialName);
    const form: ModelForm = {
      model: this.getNodeParameter('model', item, 'auto', { extractValue: true }),
      options: (this.getNodeParameter('options', item, {}) ?? {}) as ModelForm['options'],
    };
    const { supplyModel } = await loadSdk(this);
    return supplyModel(this, {
      ...modelOptions(form, credential, this),
      onFailedAttempt: failedAttempt(this.getNode()),
    });
  }
}

/**
 * On first use: with a static import the whole file would fail to load where n8n has no SDK, and the build turns this into
 * `require`, since a native import() does not look where n8n keeps its packages.
 */
async function loadSdk(context: ISupplyDataFunctions): Promise<typeof AiNodeSdk> {
  try {
    return await import('@n8n/ai-node-sdk');
  } catch (error) {
    throw new NodeOperationError(context.getNode(), error as Error, {
      message: 'This n8n is too old for the AI Gateway Chat Model',
      description:
        'Update n8n to 2.20 or later. Until then use the OpenAI Chat Model with the gateway’s address, /v1 included, as its base URL.',
    });
  }
}
