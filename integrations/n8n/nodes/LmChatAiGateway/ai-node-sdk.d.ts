/**
 * The little of `@n8n/ai-node-sdk` this package uses. The SDK comes with n8n itself (2.20 and later); installed for its types
 * it would be 512 MB.
 */
declare module '@n8n/ai-node-sdk' {
  import type { ISupplyDataFunctions, SupplyData } from 'n8n-workflow';

  export function supplyModel(context: ISupplyDataFunctions, model: OpenAiModel): SupplyData | Promise<SupplyData>;

  export interface OpenAiModel {
    type: 'openai';
    baseUrl: string;
    apiKey: string;
    model: string;
    defaultHeaders: Record<string, string>;
    useResponsesApi: boolean;
    maxRetries: number;
    /** Milliseconds. */
    timeout: number;
    maxTokens?: number;
    temperature?: number;
    topP?: number;
    /** Goes into the body of the call as it is. */
    additionalParams?: Record<string, unknown>;
    onFailedAttempt?: (error: unknown) => void;
  }
}
