import type { ModelFacts } from '../define-provider.ts';

/** How a model thinks: not at all, as far as `reasoning_effort` says, or always. */
export type MistralReasoning = 'none' | 'adjustable' | 'always';

/**
 * "`mistral-small-latest`: Supports adjustable reasoning via the `reasoning_effort` parameter", and so does `mistral-medium-3-5`
 * (https://docs.mistral.ai/studio-api/conversations/reasoning). For any other model: "reasoning_effort='high' is not supported for
 * this model" (mistral-common, `_validate_model_settings`). Magistral thinks by itself. Dates are those of Small 4 (2603) and
 * Medium 3.5 (2604).
 */
export function mistralReasoning(model: string): MistralReasoning {
  if (model.startsWith('magistral')) return 'always';
  const [, family, version = ''] = /^mistral-(small|medium)-(latest|3|3[.-]5|\d{4})$/.exec(model) ?? [];
  if (family === undefined) return 'none';
  const isNew = version.length < 4 || version === 'latest' || Number(version) >= (family === 'small' ? 2603 : 2604);
  return isNew ? 'adjustable' : 'none';
}

/** Models that answer no chat completion. */
const notChat = /ocr|moderation|transcribe|realtime|tts|shieldstral|voxtral-mini/;

/** Models without pictures, by https://docs.mistral.ai/models ("input": text). */
const textOnly =
  /^(codestral|devstral(?!-small)|open-|mixtral|ministral-(3b|8b)(-2410)?$|mistral-(7b|tiny|nemo|saba|large(-24\d\d|-latest)?$|medium-2312|small-(240|2409|2501|24b))|magistral-\w+-250[67])/;
/** Models from before tools and schemas. */
const oldest = /^(open-)?(mistral-(7b|tiny|saba)|mixtral|codestral-2405)/;

/** Names of the catalogue that the API takes end with a date or with `latest`; others are OpenRouter's spellings. */
const apiName = /^(?!.*-24b-).*-(latest|\d{4})$|^mistral-medium-3-5$|^mistral-embed$/;

export function describeMistral(model: string): ModelFacts {
  return {
    kind: model.includes('embed') ? 'embedding' : notChat.test(model) ? 'other' : 'chat',
    abilities: { images: !textOnly.test(model), tools: !oldest.test(model), jsonSchema: !oldest.test(model) },
    isListed: apiName.test(model),
  };
}
