import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';

/** The content that a request sends to a model, apart by how its tokens are bounded. */
export interface SentContent {
  /** To be counted. */
  texts: string[];
  pictures: number;
  picturesOfLowDetail: number;
  /** Bytes of everything else: it may hold what we do not know, and no tokenizer makes more tokens than there are bytes. */
  otherBytes: number;
  /** There are documents or sounds, whose length nobody sees. */
  isDocument: boolean;
}

/** Members of a request that no vendor makes tokens of, in any dialect. */
const settings = new Set(
  (
    'model max_tokens max_completion_tokens max_output_tokens temperature top_p top_k n stream stream_options stop stop_sequences ' +
    'seed user metadata fallback_models response_cache callback_url logprobs top_logprobs presence_penalty frequency_penalty logit_bias store ' +
    'service_tier parallel_tool_calls reasoning_effort encoding_format dimensions truncation include tool_choice thinking'
  ).split(' '),
);

export function isSetting(member: string): boolean {
  return settings.has(member);
}

/**
 * Reads the request of any dialect as it stands, not what we made of it: whatever is not known to be text, a picture or a
 * setting counts by its bytes, so that nothing is overlooked because nobody thought of it.
 */
export function sentContent(request: JsonObject): SentContent {
  const found: SentContent = { texts: [], pictures: 0, picturesOfLowDetail: 0, otherBytes: 0, isDocument: false };
  for (const [name, value] of Object.entries(request)) {
    if (isSetting(name) || value === null) continue;
    if (name === 'messages' || name === 'input') readList(value, found, readMessage);
    else if (name === 'system') readList(value, found, readPart);
    else if (name === 'instructions' || asJson.has(name)) readText(value, found);
    else readOther({ [name]: value }, found);
  }
  return found;
}

/** Vendors write these into the prompt in a form that is no longer than the JSON. */
const asJson = new Set([
  'tools',
  'functions',
  'response_format',
  'text',
  'prediction',
  'tool_calls',
  'function_call',
  'arguments',
  'input',
]);
/** Said of a message or a part, and no longer than what vendors put around each in their own words. */
const around = new Set([
  'role',
  'type',
  'id',
  'tool_call_id',
  'tool_use_id',
  'call_id',
  'status',
  'cache_control',
  'is_error',
]);
const aroundTokens = 8;

type Read = (value: unknown, found: SentContent) => void;

function readList(value: unknown, found: SentContent, readItem: Read): void {
  if (Array.isArray(value)) for (const item of value) readItem(item, found);
  else readText(value, found);
}

/** A message, or an item of a response; of embeddings a text, a token, or a list of tokens. */
function readMessage(message: unknown, found: SentContent): void {
  if (typeof message === 'number') found.otherBytes += 1;
  else if (isTokens(message)) found.otherBytes += message.length;
  else readPart(message, found);
}

function isTokens(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((token) => typeof token === 'number');
}

function readPart(part: unknown, found: SentContent): void {
  found.otherBytes += aroundTokens;
  if (typeof part === 'string') readText(part, found);
  else if (!isRecord(part)) readOther(part, found);
  else if (pictures.has(part.type)) readPicture(part, found);
  else if (documents.has(part.type)) readDocument(part, found);
  else for (const [name, value] of Object.entries(part)) readMember(name, value, found);
}

const documents = new Set<unknown>(['file', 'input_file', 'document', 'input_audio']);
/** A document that is text, in any dialect: its data or, in Anthropic’s, its blocks. */
const textData = /^data:(text\/|application\/(json|xml))/;

function readDocument(part: JsonObject, found: SentContent): void {
  const { source, ...rest } = part;
  const { file = part } = part;
  const data = isRecord(file) ? file.file_data : undefined;
  if (isRecord(source) && source.type === 'content') readList(source.content, found, readPart);
  else if (isRecord(source) && source.type === 'text') readText(source.data, found);
  else if (typeof data === 'string' && textData.test(data)) readOther(part, found);
  else found.isDocument = true;
  if (source !== undefined) readOther(rest, found);
}

const pictures = new Set<unknown>(['image_url', 'input_image', 'image']);
const plainTexts = new Set(['text', 'name', 'refusal', 'thinking']);

function readMember(name: string, value: unknown, found: SentContent): void {
  if (value === null || (around.has(name) && isShort(value))) return;
  if (name === 'content' || name === 'output') readList(value, found, readPart);
  else if (asJson.has(name) || (plainTexts.has(name) && typeof value === 'string')) readText(value, found);
  else readOther({ [name]: value }, found);
}

const ofPictures = new Set(['type', 'image_url', 'source', 'detail', 'cache_control']);

function readPicture(part: JsonObject, found: SentContent): void {
  for (const [name, value] of Object.entries(part)) if (!ofPictures.has(name)) readOther({ [name]: value }, found);
  const { detail = isRecord(part.image_url) ? part.image_url.detail : undefined } = part;
  if (detail === 'low') found.picturesOfLowDetail += 1;
  else found.pictures += 1;
}

function readText(value: unknown, { texts }: SentContent): void {
  texts.push(typeof value === 'string' ? value : JSON.stringify(value));
}

function readOther(value: unknown, found: SentContent): void {
  found.otherBytes += Buffer.byteLength(JSON.stringify(value));
}

function isShort(value: unknown): boolean {
  return typeof value === 'boolean' || JSON.stringify(value).length <= 66;
}
