import { formNumber } from '@ai-gateway/shared/form-text';
import type { OpenAiModel } from '@n8n/ai-node-sdk';
import { listOf, switchOf, textOf } from '../plain-value.ts';
import { type TaggedContext, tagHeaders, wireHeaders } from '../tags.ts';

export interface ModelForm {
  model: unknown;
  /** Values of any type: expressions give what they like. */
  options: {
    client?: unknown;
    project?: unknown;
    scenario?: unknown;
    fallbackModels?: unknown;
    noFallback?: unknown;
    maxTokens?: unknown;
    temperature?: unknown;
    topP?: unknown;
    reasoningEffort?: unknown;
    timeout?: unknown;
    useResponsesApi?: unknown;
  };
}

/** The gateway as an OpenAI model, which every agent knows how to talk to. */
export function modelOptions(
  { model, options }: ModelForm,
  credential: { baseUrl: string; apiKey: string },
  context: TaggedContext,
): OpenAiModel {
  const fallbacks = switchOf(options.noFallback, false) ? ['none'] : listOf(options.fallbackModels).map(textOf);
  const [maxTokens, temperature, topP, timeout] = [
    options.maxTokens,
    options.temperature,
    options.topP,
    options.timeout,
  ].map(numberOf);
  const byResponses = switchOf(options.useResponsesApi, false);
  const effort = textOf(options.reasoningEffort);
  return {
    type: 'openai',
    baseUrl: versioned(credential.baseUrl),
    apiKey: credential.apiKey.trim(),
    model: textOf(model) || 'auto',
    defaultHeaders: {
      ...wireHeaders(
        tagHeaders(context, {
          client: textOf(options.client),
          project: textOf(options.project),
          scenario: textOf(options.scenario),
        }),
      ),
      ...(fallbacks.length === 0 ? {} : { 'x-gateway-fallback': fallbacks.join(', ') }),
    },
    useResponsesApi: byResponses,
    // The gateway has tried again and elsewhere already.
    maxRetries: 0,
    timeout: (timeout ?? 300) * 1000,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    // Not by the client’s own `reasoning`, which it leaves out of calls of models whose names it does not know.
    ...(effort === ''
      ? {}
      : { additionalParams: byResponses ? { reasoning: { effort } } : { reasoning_effort: effort } }),
  };
}

/** The agent's own client would refuse a number in words. */
function numberOf(value: unknown): number | undefined {
  const number = formNumber(value);
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The credential takes the address with `/v1` and without; an OpenAI client wants it with. */
function versioned(baseUrl: string): string {
  return `${baseUrl.trim().replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '')}/v1`;
}
