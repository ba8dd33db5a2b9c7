import { isRecord } from '@ai-gateway/shared/json';
import { markNative, pictureOnly, readFileUrl, readImage } from './chat-read.ts';
import { exactly } from './exact-json.ts';
import type { JsonObject, Part, ReasoningPart } from './neutral.ts';
import {
  needObject,
  needString,
  readBoolean,
  readList,
  readObject,
  readString,
  usualMediaType,
  wrong,
} from './read-fields.ts';
import { isProof, readSignature } from './signatures.ts';

/** The content of a message, of a result, of a document: a list of blocks. */
export function readBlocks(value: unknown, at: string, native: string[]): Part[] {
  const list = Array.isArray(value) ? readList(value, at) : undefined;
  if (list === undefined) throw wrong(at, 'text or a list of blocks');
  return list.flatMap((item, i) => readBlock(needObject(item, `${at}[${i}]`), `${at}[${i}]`, native));
}

function readBlock(block: JsonObject, at: string, native: string[]): Part[] {
  const cache =
    block.cache_control === undefined || block.cache_control === null ? {} : { cacheControl: block.cache_control };
  switch (block.type) {
    case 'text':
      return [{ kind: 'text', text: needString(block.text, `${at}.text`), ...cache }];
    case 'image':
      return readImageBlock(needObject(block.source, `${at}.source`), `${at}.source`, native).map((source) => ({
        kind: 'image',
        source,
        ...cache,
      }));
    case 'document':
      return markLast(readDocument(block, at, native), cache);
    case 'search_result':
      return markLast([...readSearchResult(block, at), ...readBlocks(block.content, `${at}.content`, native)], cache);
    case 'thinking':
      return [readThought(block, at)];
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', redacted: needString(block.data, `${at}.data`), signedBy: 'anthropic' }];
    case 'tool_use': {
      const signature = readString(
        readObject(readObject(block.extra_content, `${at}.extra_content`)?.google, `${at}.extra_content.google`)
          ?.thought_signature,
        `${at}.extra_content`,
      );
      return [
        {
          kind: 'tool-call',
          id: needString(block.id, `${at}.id`),
          name: needString(block.name, `${at}.name`),
          arguments: JSON.stringify(exactly(needObject(block.input, `${at}.input`))),
          ...(signature === undefined ? {} : { signature }),
          ...cache,
        },
      ];
    }
    case 'tool_result': {
      const content =
        block.content === undefined || block.content === null
          ? []
          : typeof block.content === 'string'
            ? [{ kind: 'text' as const, text: block.content }]
            : readBlocks(block.content, `${at}.content`, native);
      const isError = readBoolean(block.is_error, `${at}.is_error`);
      return [
        {
          kind: 'tool-result',
          toolCallId: needString(block.tool_use_id, `${at}.tool_use_id`),
          content,
          ...(isError ? { isError } : {}),
          ...cache,
        },
      ];
    }
    case 'tool_reference':
      // The tool itself is among the tools that are offered.
      return [
        { kind: 'text', text: `The tool ${needString(block.tool_name, `${at}.tool_name`)} is loaded.`, ...cache },
      ];
    case 'tool_addition':
    case 'tool_removal': {
      const type = needString(needObject(block.tool, `${at}.tool`).type, `${at}.tool.type`);
      return type.startsWith('mcp') ? markNative(native, type.slice(0, 60)) : [];
    }
    default:
      // Blocks of Anthropic's own tools (search, code) mean something to Anthropic alone.
      if (typeof block.type !== 'string') throw wrong(`${at}.type`, 'the type of a content block');
      return markNative(native, block.type.slice(0, 60));
  }
}

/** A mark covers all that comes before it, and Anthropic takes four: a block that becomes several parts still has one. */
function markLast(parts: readonly Part[], cache: { cacheControl?: unknown }): Part[] {
  return parts.map((part, i) => (i === parts.length - 1 ? { ...part, ...cache } : part));
}

function readImageBlock(source: JsonObject, at: string, native: string[]) {
  if (source.type === 'base64')
    return [
      pictureOnly(
        {
          kind: 'data' as const,
          mediaType: usualMediaType(needString(source.media_type, `${at}.media_type`)),
          data: needString(source.data, `${at}.data`),
        },
        `${at}.media_type`,
      ),
    ];
  if (source.type === 'url') return [readImage(needString(source.url, `${at}.url`), `${at}.url`)];
  return markNative(native, 'image.source');
}

function readDocument(block: JsonObject, at: string, native: string[]): Part[] {
  const source = needObject(block.source, `${at}.source`);
  const title = readString(block.title, `${at}.title`);
  const context = readString(block.context, `${at}.context`);
  const isText = source.type === 'text' || source.type === 'content';
  return [
    // A file has its title as its name.
    ...heading([
      ['Title', isText ? title : undefined],
      ['Context', context],
    ]),
    ...readSource(source, `${at}.source`, { filename: title, native }),
  ];
}

function readSource(
  source: JsonObject,
  at: string,
  { filename, native }: { filename: string | undefined; native: string[] },
): Part[] {
  switch (source.type) {
    case 'base64':
      return [
        {
          kind: 'file',
          mediaType: usualMediaType(needString(source.media_type, `${at}.media_type`)),
          data: needString(source.data, `${at}.data`),
          ...(filename === undefined ? {} : { filename }),
        },
      ];
    case 'text':
      return [{ kind: 'text', text: needString(source.data, `${at}.data`) }];
    case 'url':
      return [readFileUrl(needString(source.url, `${at}.url`), filename, `${at}.url`)];
    case 'content':
      return typeof source.content === 'string'
        ? [{ kind: 'text', text: source.content }]
        : readBlocks(source.content, `${at}.content`, native);
    default:
      return markNative(native, 'document.source');
  }
}

function readSearchResult(block: JsonObject, at: string): Part[] {
  return heading([
    ['Title', needString(block.title, `${at}.title`)],
    ['Source', needString(block.source, `${at}.source`)],
  ]);
}

/** What a text is called and where it is from, as a text before it: the other vendors have no fields for it. */
function heading(lines: readonly (readonly [name: string, value: string | undefined])[]): Part[] {
  const given = lines.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}: ${value}`]));
  return given.length === 0 ? [] : [{ kind: 'text', text: given.join('\n') }];
}

/** Anthropic alone says which sentence of a document an answer is from. Others answer all the same, and the wish is named. */
export function citationWishes(messages: readonly unknown[]): JsonObject {
  const wishes: JsonObject = {};
  for (const message of messages) addCitationWishes(wishes, message);
  return wishes;
}

function addCitationWishes(wishes: JsonObject, owner: unknown): void {
  const blocks = isRecord(owner) ? owner.content : undefined;
  if (!Array.isArray(blocks)) return;
  for (const block of blocks) {
    if (!isRecord(block)) continue;
    const { type, citations } = block;
    if (isRecord(citations) && citations.enabled === true)
      wishes[type === 'search_result' ? 'search_result.citations' : 'document.citations'] = true;
    addCitationWishes(wishes, block);
  }
}

function readThought(block: JsonObject, at: string): ReasoningPart {
  const text = needString(block.thinking, `${at}.thinking`);
  const signature = readString(block.signature, `${at}.signature`);
  return { kind: 'reasoning', text, ...(isProof(signature) ? readSignature(signature, 'anthropic') : {}) };
}
