import { createHmac } from 'node:crypto';
import { seal, unseal } from '../accounts/seal.ts';
import type { PromptContent } from './prompt.ts';

/** Where the content of a version belongs: it opens nowhere else. */
interface VersionKey {
  workspaceId: string;
  promptId: string;
  version: number;
}

export function versionContext({ workspaceId, promptId, version }: VersionKey): string[] {
  return ['prompt', workspaceId, promptId, String(version)];
}

export function sealContent(secret: string, place: VersionKey, content: PromptContent): Buffer {
  return seal(secret, JSON.stringify(content), versionContext(place));
}

/** What was sealed was checked before, so it is what it was. */
export function unsealContent(secret: string, place: VersionKey, sealed: Buffer): PromptContent {
  return JSON.parse(unseal(secret, sealed, versionContext(place)).toString('utf8')) as PromptContent;
}

/**
 * Tells that two versions of a workspace are the same; without the secret nobody can try texts on it. The names of the snippets do not
 * count: their texts are in their places, and a file has these alone.
 */
export function hashContent(
  secret: string,
  workspaceId: string,
  { snippets: _snippets, ...content }: PromptContent,
): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(JSON.stringify(['prompt content', workspaceId, content]))
    .digest();
}
