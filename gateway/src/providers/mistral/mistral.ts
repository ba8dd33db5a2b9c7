import { defineProvider } from '../define-provider.ts';
import { chatStreamReader, readCompletion } from '../openai-compatible/openai-answer.ts';
import { openAiRelay } from '../openai-compatible/openai-request.ts';
import { mistralEmbeddings } from './mistral-embeddings.ts';
import { mistralFailure } from './mistral-error.ts';
import { describeMistral, mistralReasoning } from './mistral-model.ts';
import { mistralRequest } from './mistral-request.ts';
import { mistralRetirements } from './mistral-retirements.ts';

/**
 * Mistral's own chat completions (La Plateforme, https://docs.mistral.ai/api). They look like OpenAI's, but a field that Mistral does
 * not know is a 422, so every call is translated: none is relayed. Answers and streams have OpenAI's form, with thoughts as parts of
 * the content.
 */
export const mistral = defineProvider({
  kind: 'mistral',
  name: 'Mistral',
  envKey: 'MISTRAL_API_KEY',
  baseUrl: 'https://api.mistral.ai/v1',
  catalogue: 'mistral',
  classes: { strong: ['mistral-medium-3-5', 'mistral-large-2512'], small: ['mistral-small-2603'] },
  otelName: 'mistral_ai',
  retirements: mistralRetirements,
  describe: describeMistral,
  native: [],
  takes: ['file-url'],
  thinksUnasked: (model) => mistralReasoning(model) !== 'none',
  // Pixtral makes 4,160 of 1024 × 1024 pixels: patches of 16 × 16, and a break after each row.
  pictureTokens: () => 5_000,
  embeddings: mistralEmbeddings,
  adapter: {
    keepsToJson: true,
    request: (call, target) => {
      const { body, dropped } = mistralRequest(call, target.model);
      return { ...openAiRelay('chat', target), body: JSON.stringify(body), dropped };
    },
    response: readCompletion,
    stream: chatStreamReader,
    error: mistralFailure,
  },
});
