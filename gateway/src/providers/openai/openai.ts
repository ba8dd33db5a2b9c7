import type { Adapter } from '../adapter.ts';
import { openAiCompatible } from '../openai-compatible/openai-compatible.ts';

/** OpenAI itself: as every server that follows it, and the responses API besides. */
export const openai: Adapter = {
  ...openAiCompatible,
  kind: 'openai',
  native: ['chat', 'responses'],
  keepsToJson: true,
};
