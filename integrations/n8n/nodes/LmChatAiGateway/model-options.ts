import { textOf } from '../plain-value.ts';
import { type TaggedContext, tagHeaders, wireHeaders } from '../tags.ts';
import type { OpenAiModel } from './ai-node-sdk.ts';

export interface ModelForm {
  model: string;
  options: {
    client?: unknown;
    project?: unknown;
    scenario?: unknown;
    fallbackModels?: string[];
    maxTokens?: number;
    temperature?: number;
    topP?: number;
    timeout?: number;
    useResponsesApi?: boolean;
  };
}

/** The gateway as an OpenAI model, which every agent knows how to talk to. */
export function modelOptions(
  { model, options }: ModelForm,
  credential: { baseUrl: string; apiKey: string },
  context: TaggedContext,
): OpenAiModel {
  const { fallbackModels = [], maxTokens, temperature, topP, timeout = 300, useResponsesApi = false } = options;
  return {
    type: 'openai',
    baseUrl: versioned(credential.baseUrl),
    apiKey: credential.apiKey.trim(),
    model: model.trim() || 'auto',
    defaultHeaders: {
      ...wireHeaders(
        tagHeaders(context, {
          client: textOf(options.client),
          project: textOf(options.project),
          scenario: textOf(options.scenario),
        }),
      ),
      ...(fallbackModels.length === 0 ? {} : { 'x-gateway-fallback': fallbackModels.join(', ') }),
    },
    useResponsesApi,
    // The gateway has tried again and elsewhere already.
    maxRetries: 0,
    timeout: timeout * 1000,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
  };
}

/** The credential takes the address with `/v1` and without; an OpenAI client wants it with. */
function versioned(baseUrl: string): string {
  return `${baseUrl.trim().replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '')}/v1`;
}
