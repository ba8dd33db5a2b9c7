import type { NeutralCall } from '../../dialects/neutral.ts';
import { defineProvider, pictureTokensMax } from '../define-provider.ts';
import { mediaOf } from '../media.ts';
import { openAiEmbeddings } from '../openai-compatible/openai-embeddings.ts';
import { fitOpenAi } from './fit-openai.ts';
import { openAiChat } from './openai-chat.ts';
import { needsResponses, openAiAnswerCeiling, openAiModel, thinks } from './openai-model.ts';
import { openAiResponses } from './openai-responses.ts';
import { openaiRetirements } from './openai-retirements.ts';

/** OpenAI itself: chat completions as every server that follows it, and the responses API besides. */
export const openai = defineProvider({
  kind: 'openai',
  name: 'OpenAI',
  envKey: 'OPENAI_API_KEY',
  baseUrl: 'https://api.openai.com/v1',
  catalogue: 'openai',
  classes: { strong: ['gpt-6-sol', 'gpt-5.6-terra', 'gpt-5.4'], small: ['gpt-6-luna', 'gpt-5.4-mini'] },
  retirements: openaiRetirements,
  native: ['chat', 'responses'],
  takes: ['audio', 'file-url'],
  adapterFor: (call, model) =>
    // A feature of one dialect alone is lost in translation.
    call.onlyNative.length === 0 && call.dialect !== 'responses' && (needsResponses(call, model) || hasAddresses(call))
      ? openAiResponses
      : undefined,
  fit: fitOpenAi,
  // Features of the chat endpoint, where the model is served on the other one only.
  lost: ({ dialect, onlyNative }, model) =>
    dialect === 'chat' && openAiModel(model).responsesOnly ? onlyNative[0] : undefined,
  tokenLimitField: 'max_completion_tokens',
  answerCeiling: openAiAnswerCeiling,
  thinksUnasked: (model) => thinks(undefined, model),
  encodingOf: (model) =>
    /^(ft:)?(gpt-3\.5|gpt-4(?![o.])|text-embedding|davinci|babbage)/.test(model) ? 'cl100k_base' : 'o200k_base',
  pictureTokens,
  // GPT-4o mini in low detail.
  lowDetailTokens: 2_833,
  cacheHint: 'key',
  cacheMinutes: (model) => (keepsLonger(model) ? 30 : 5),
  rateHundredths: ({ baseUrl, model }) => (isRegional(baseUrl) && sinceGpt54(model) ? 110 : 100),
  embeddings: openAiEmbeddings,
  adapter: openAiChat,
});

/** OpenAI's chat endpoint takes no address of a document, its responses endpoint does. Only Claude's dialect brings one here. */
function hasAddresses(call: NeutralCall): boolean {
  return call.dialect === 'messages' && mediaOf(call).includes('file-url');
}

/** GPT-4o 1,445, GPT-5.4 some 12,000. */
function pictureTokens(model: string): number {
  if (/gpt-4o-mini/.test(model)) return pictureTokensMax;
  return /^(ft:)?(chatgpt-|gpt-)4o/.test(model) ? 1_445 : 12_000;
}

/** From gpt-5.6 on OpenAI keeps the beginning of a prompt for 30 minutes. */
function keepsLonger(model: string): boolean {
  return versionOf(model) >= 506;
}

function versionOf(model: string): number {
  const [, major, minor] = /^gpt-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  return Number(major ?? 0) * 100 + Number(minor ?? 0);
}

/**
 * "Data residency endpoints are charged a 10% uplift for models released on or after March 5, 2026", which is the day of GPT-5.4
 * (https://developers.openai.com/api/docs/guides/data-residency): `eu.api.openai.com`, `us.api.openai.com` and their like.
 */
function isRegional(baseUrl: string): boolean {
  return /^https:\/\/[a-z]{2}\.api\.openai\.com(?:[:/]|$)/i.test(baseUrl);
}

function sinceGpt54(model: string): boolean {
  return versionOf(model.replace(/^ft:/, '')) >= 504;
}
