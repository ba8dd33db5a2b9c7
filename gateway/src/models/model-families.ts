import type { Abilities, ModelKind } from '../providers/define-provider.ts';

/**
 * Facts that a model's name implies. `@pydantic/genai-prices` knows prices and context windows but neither kinds nor abilities;
 * these few patterns over families are all that is known by hand, and each errs on the side of a newer model being able.
 */
/** Pictures, sound, live sessions, moderation, bare completion and remote-controlled computers are not answered as chat. */
const notChat =
  /image|audio|realtime|transcribe|tts|whisper|moderation|live|omni|instruct|computer-use|^(ada|babbage|curie|davinci)$|^text-/;

export function kindOf(id: string): ModelKind {
  if (id.includes('embedding')) return 'embedding';
  return notChat.test(id) ? 'other' : 'chat';
}

/** Families from before an ability existed, or that were published without it; everything newer has it. */
const textOnly =
  /^(gpt-3\.5|gpt-4($|-32k|-0)|o1-mini|o1-preview|o3-mini|gpt-oss|claude-2|claude-v1|gemini-pro$|gemma-[23])/;
const toolless = /^(o1-mini|o1-preview|chatgpt-4o|gpt-4-vision|claude-2|claude-v1|gemini-1\.0|gemini-pro$|gemma-[23])/;
const schemaless =
  /^(gpt-3\.5|gpt-4($|-32k|-0|-turbo|-vision)|gpt-4o-2024-05-13|chatgpt-4o|o1-mini|o1-preview|claude-2|claude-v1|gemini-1\.0|gemini-pro$|gemma-[23])/;

export function abilitiesOf(id: string): Abilities {
  return { images: !textOnly.test(id), tools: !toolless.test(id), jsonSchema: !schemaless.test(id) };
}

/**
 * Names of the catalogue one cannot call by: patterns (`ft:gpt-4o`, `gpt-3.5-turbo-`), OpenRouter's spellings
 * (`gemini-pro-1.5`, `gpt-4o:extended`), open weights their maker does not serve and Vertex' own.
 */
const notServed = /[:*]|-$|^gpt-oss-|^gemini-(pro|flash)-1\.5|^gemma-2-|-maas$/;

export function isServed(id: string): boolean {
  return !notServed.test(id);
}
