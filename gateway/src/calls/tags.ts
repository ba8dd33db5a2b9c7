import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import { normalizeTag } from '@ai-gateway/shared/normalize-tag';
import type { Caller, KeyTags, TagName } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';

interface TagSource {
  tag: keyof CallTags;
  header: string;
  path?: string;
  body?: string;
  key?: TagName;
}

/** Where each tag may stand: the nearest wins, so header, path, body, key. The last two are kept and shown, not budgeted. */
const sources: readonly TagSource[] = [
  { tag: 'client', header: 'x-client-id', path: 'client', body: 'client_id', key: 'client_id' },
  { tag: 'project', header: 'x-project', path: 'project', body: 'project', key: 'project' },
  { tag: 'scenario', header: 'x-scenario-id', path: 'scenario', body: 'scenario_id', key: 'scenario_id' },
  {
    tag: 'platform',
    header: 'x-scenario-platform',
    path: 'platform',
    body: 'scenario_platform',
    key: 'scenario_platform',
  },
  { tag: 'execution', header: 'x-execution-id', body: 'execution_id' },
  { tag: 'organization', header: 'x-organization-id' },
  { tag: 'node', header: 'x-node' },
];

/** The names of `metadata` that are ours: read here, and taken out before the body goes to a provider. */
export const metadataTagNames: readonly string[] = sources.flatMap(({ body }) => (body === undefined ? [] : [body]));

export interface TagInputs {
  headers: IncomingHttpHeaders;
  /** The `client=acme,scenario=42` of a `/t/…/v1/…` path, still percent-encoded. */
  path: string | undefined;
  metadata: unknown;
  key: { tags: KeyTags; lockedTags: readonly TagName[] };
}

/** Throws `invalid_tag` for a value that is no tag, `tag_forbidden` where a locked tag is claimed to be another. */
export function resolveTags({ headers, path, metadata, key }: TagInputs): CallTags {
  const inPath = path === undefined ? undefined : readPathTags(path);
  const inBody = readMetadata(metadata);
  const tags: CallTags = {};
  for (const source of sources) {
    const byHeader = headerTag(headers, source.header);
    const byPath =
      inPath && source.path !== undefined ? readTag(inPath.get(source.path), 'path tag ', source.path) : undefined;
    const byBody =
      inBody && source.body !== undefined ? readTag(inBody[source.body], 'metadata.', source.body) : undefined;
    const own = source.key === undefined ? undefined : key.tags[source.key];
    if (source.key !== undefined && key.lockedTags.includes(source.key)) {
      const foreign = [byHeader, byPath, byBody].find((claim) => claim !== undefined && claim !== own);
      if (foreign !== undefined) {
        throw new GatewayError(
          'tag_forbidden',
          `This key is locked to one ${source.key} and cannot call for "${foreign}". Leave the tag out, or use another key.`,
          {
            param: source.header,
          },
        );
      }
    }
    const value = byHeader ?? byPath ?? byBody ?? own;
    if (value !== undefined) tags[source.tag] = value;
  }
  return tags;
}

/** The tags that a key is locked to: every call with it has them. Undefined for a key without locks. */
export function lockedTagsOf({ tags, lockedTags }: Pick<Caller, 'tags' | 'lockedTags'>): CallTags | undefined {
  if (lockedTags.length === 0) return undefined;
  const locked: CallTags = {};
  for (const source of sources) {
    const value = source.key === undefined || !lockedTags.includes(source.key) ? undefined : tags[source.key];
    if (value !== undefined) locked[source.tag] = value;
  }
  return locked;
}

/** Header bytes come as Latin-1; what was typed as UTF-8 (`Müller`, emoji) is read as that. */
function headerTag(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  const text = Array.isArray(value) ? value.join(', ') : value;
  return readTag(/[\x80-\xff]/.test(text) ? utf8OrLatin1(text) : text, '', name);
}

function utf8OrLatin1(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

function readPathTags(path: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (const pair of path.split(',')) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    if (!sources.some((source) => source.path === name)) {
      throw new GatewayError(
        'invalid_tag',
        `Unknown tag "${name.slice(0, 40)}" in the path. Use client=, project=, scenario= and platform=, separated by commas.`,
        {
          param: 'path',
        },
      );
    }
    tags.set(name, decode(at < 0 ? '' : pair.slice(at + 1), name));
  }
  return tags;
}

function decode(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new GatewayError('invalid_tag', `The path tag ${name} has invalid percent-encoding.`, { param: 'path' });
  }
}

function readMetadata(metadata: unknown): Record<string, unknown> | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isRecord(metadata))
    throw new GatewayError('invalid_request', '`metadata` must be an object.', { param: 'metadata' });
  return metadata;
}

/** Empty counts as absent: no-code platforms send empty headers for variables that have no value. */
function readTag(value: unknown, place: string, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && ordinary.test(value)) return value;
  const param = place + name;
  if (typeof value !== 'string') throw new GatewayError('invalid_tag', `\`${param}\` must be text.`, { param });
  // A value of some thousand characters is refused before it is looked through.
  const text = value.length > 2_048 ? value : normalizeTag(value);
  if (text === '') return undefined;
  if (text.length > 256 || [...text].length > 128) {
    throw new GatewayError('invalid_tag', `\`${param}\` is longer than 128 characters.`, { param });
  }
  if (unprintable.test(text)) {
    throw new GatewayError('invalid_tag', `\`${param}\` has a control character. Use printable characters only.`, {
      param,
    });
  }
  return text;
}

/** Nearly every tag is like this: nothing to trim, nothing to refuse. */
const ordinary = /^[\x21-\x7e]{1,128}$/;
/** Controls, lone surrogates, line separators, and the marks that turn the direction of text (names are shown to people). */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
