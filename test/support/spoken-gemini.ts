import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { gemini } from '../../gateway/src/providers/gemini/gemini.ts';
import { fakeGemini } from './fakes/fake-gemini.ts';
import { cut, events, oneText, type SpokenVendor, spokenKey, type Turn } from './spoken-turns.ts';

/**
 * Gemini signs the first call of a step, else the last text, and its own thoughts carry no signature
 * (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
function geminiParts({ said }: Turn): JsonObject[] {
  const spoken = oneText(said.filter(({ kind }) => kind !== 'sealed'));
  const firstCall = spoken.findIndex(({ kind }) => kind === 'call');
  return spoken.flatMap((item, i): JsonObject[] => {
    if (item.kind === 'thought') return [{ text: item.text, thought: true }];
    if (item.kind === 'text')
      return [{ text: item.text, ...(firstCall === -1 && i === spoken.length - 1 ? { thoughtSignature: 'sig' } : {}) }];
    if (item.kind !== 'call') return [];
    const functionCall = { id: item.id, name: item.name, args: item.input };
    return [{ functionCall, ...(i === firstCall ? { thoughtSignature: item.proof } : {}) }];
  });
}

function geminiAnswer(parts: readonly JsonObject[], finishReason?: string): JsonObject {
  return {
    responseId: 'r1',
    modelVersion: google.model,
    candidates: [{ content: { role: 'model', parts }, ...(finishReason === undefined ? {} : { finishReason }) }],
    usageMetadata: {
      promptTokenCount: 5,
      cachedContentTokenCount: 3,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 2,
      totalTokenCount: 14,
    },
  };
}

const endings = { usual: 'STOP', length: 'MAX_TOKENS', filtered: 'SAFETY' };

export const google: SpokenVendor = {
  name: 'gemini',
  adapter: gemini.adapter,
  model: 'gemini-3-pro-preview',
  vendor: fakeGemini(spokenKey),
  path: '/v1beta/models/gemini-3-pro-preview:generateContent',
  hasOrder: true,
  plain: (turn) => geminiAnswer(geminiParts(turn), endings[turn.ending]),
  stream: (turn) => {
    const parts = geminiParts(turn).flatMap(({ thoughtSignature, ...part }): JsonObject[] => {
      const signed = thoughtSignature === undefined ? {} : { thoughtSignature };
      if (typeof part.text !== 'string') return [{ ...part, ...signed }];
      const texts = cut(part.text, turn.pieces).map((text) => ({ ...part, text }));
      return thoughtSignature === undefined ? texts : [...texts, { text: '', ...signed }];
    });
    return events(
      parts.map((part, i) => geminiAnswer([part], i === parts.length - 1 ? endings[turn.ending] : undefined)),
    );
  },
  history: ({ contents }) => (contents as JsonObject[]).flatMap(({ role, parts }) => (role === 'model' ? parts : [])),
  // Thoughts without a signature are not wanted back; what they stood between is side by side, and stays apart.
  expected: (turn) => geminiParts(turn).filter(({ thought }) => thought !== true),
};
