// For the tests, which have no n8n of their own and must judge the nodes by the one these were written with.

export type {
  ICredentialTestFunctions,
  IExecuteFunctions,
  IHookFunctions,
  IHttpRequestOptions,
  ILoadOptionsFunctions,
  INode,
  INodeExecutionData,
  INodeParameters,
  INodeProperties,
  INodeType,
  ISupplyDataFunctions,
  IWebhookFunctions,
  JsonObject,
} from 'n8n-workflow';
export { NodeApiError, NodeHelpers } from 'n8n-workflow';
