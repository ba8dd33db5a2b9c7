import { readGeminiUsage } from '../../dialects/read-usage.ts';
import { defineProvider } from '../define-provider.ts';
import { geminiNames } from '../tool-names.ts';
import { readGenerated } from './gemini-answer.ts';
import { geminiEmbeddings } from './gemini-embeddings.ts';
import { geminiFailure } from './gemini-error.ts';
import { geminiHead } from './gemini-head.ts';
import { geminiAnswerCeiling, geminiModel } from './gemini-model.ts';
import { geminiRequest } from './gemini-request.ts';
import { geminiRetirements } from './gemini-retirements.ts';
import { geminiStreamReader } from './gemini-stream.ts';

/** Google's own generateContent API. */
export const gemini = defineProvider({
  kind: 'gemini',
  name: 'Google',
  envKey: 'GEMINI_API_KEY',
  baseUrl: 'https://generativelanguage.googleapis.com',
  catalogue: 'google',
  classes: {
    strong: ['gemini-3.8-flash', 'gemini-3.7-flash', 'gemini-3.5-flash'],
    small: ['gemini-3.5-flash-lite', 'gemini-2.5-flash-lite'],
  },
  otelName: 'gcp.gemini',
  retirements: geminiRetirements,
  // Google's own lists name their models `models/gemini-…`.
  shortName: (model) => model.replace(/^models\//, ''),
  // Google sells Claude too, on a service that is not the Gemini API.
  sells: (model) => !model.startsWith('claude-'),
  native: [],
  takes: ['audio', 'file-url'],
  answerCeiling: geminiAnswerCeiling,
  thinksUnasked: (model) => geminiModel(model).thinking.kind !== 'none',
  // Its largest are 4,128.
  pictureTokens: () => 5_000,
  // Google prices sound like text where its lists name no other price.
  soundCostsAsText: true,
  modelsRequest: ({ baseUrl, apiKey }) => ({
    url: `${baseUrl}/v1beta/models?pageSize=1`,
    headers: { 'x-goog-api-key': apiKey },
  }),
  embeddings: geminiEmbeddings,
  adapter: {
    toolNames: geminiNames,
    // Where it must call a tool, Gemini takes a list of names.
    allowsTools: ({ toolChoice }) => toolChoice?.kind === 'required',
    usageIn: ({ usageMetadata }) => readGeminiUsage(usageMetadata),
    request: (call, target) => {
      const { body, dropped } = geminiRequest(call, target);
      const method = call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      return { ...geminiHead(target, method), body: JSON.stringify(body), dropped };
    },
    response: readGenerated,
    stream: geminiStreamReader,
    error: geminiFailure,
  },
});
