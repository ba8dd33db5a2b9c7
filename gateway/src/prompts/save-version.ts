import { GatewayError } from '@ai-gateway/shared/errors';
import type { Actor } from '../accounts/actor.ts';
import type { Db } from '../db/transaction.ts';
import { checkContent, type GivenContent, type Snippet, snippetsOf, tooLarge } from './check-content.ts';
import { contentBytesMax, isPlaceholder, type PromptContent, versionsMax } from './prompt.ts';
import { selectPrompt } from './prompt-store.ts';
import { countVersions, insertVersion, listHashes, readSealedContent } from './prompt-version-store.ts';
import { hashContent, sealContent, unsealContent } from './sealed-content.ts';

interface VersionPorts {
  tx: Db;
  secret: string;
  workspaceId: string;
}

/** The content as it is kept: checked, with the snippets it names in place. */
export async function readContent(
  { tx, secret, workspaceId }: VersionPorts,
  given: GivenContent,
): Promise<PromptContent> {
  const found = new Map<string, Snippet>();
  let foundBytes = 0;
  for (const { id, version } of snippetsOf(given)) {
    const named = `${id}@${version}`;
    if (found.has(named)) continue;
    const row = await selectPrompt(tx, workspaceId, id);
    if (row === undefined || row.archived_at !== null) continue;
    const place = { workspaceId, promptId: row.id, version };
    const sealed = await readSealedContent(tx, place, version);
    const snippet = sealed === undefined ? undefined : asSnippet(unsealContent(secret, place, sealed));
    if (snippet === undefined) continue;
    found.set(named, snippet);
    foundBytes += Buffer.byteLength(snippet.text);
    if (foundBytes > contentBytesMax) throw tooLarge();
  }
  return checkContent(given, ({ id, version }) => found.get(`${id}@${version}`));
}

function asSnippet({ messages, variables }: PromptContent): Snippet | undefined {
  const [message, ...more] = messages;
  if (message === undefined || more.length > 0 || isPlaceholder(message)) return undefined;
  return typeof message.content === 'string' ? { text: message.content, variables } : undefined;
}

/**
 * Saves a version of a prompt whose row is locked: the next number, or the one given. The same content as the newest saves nothing. Throws
 * `conflict` where there are too many, or the number has another content.
 */
export async function saveVersion(
  { tx, secret, workspaceId }: VersionPorts,
  version: { promptId: string; content: PromptContent; note: string; by: Actor; number?: number | undefined },
): Promise<{ version: number; isNew: boolean }> {
  const { promptId, content, note, by } = version;
  const place = { workspaceId, promptId };
  const contentHash = hashContent(secret, workspaceId, content);
  const hashes = await listHashes(tx, place);
  const newest = hashes.at(-1);
  const same = version.number === undefined ? newest : hashes.find((one) => one.version === version.number);
  if (same?.content_hash.equals(contentHash) === true) return { version: same.version, isNew: false };
  const number = version.number ?? (newest?.version ?? 0) + 1;
  if (version.number !== undefined && same !== undefined)
    throw new GatewayError('conflict', `Version ${number} of prompt "${promptId}" has another content.`);
  if ((await countVersions(tx, place)) >= versionsMax)
    throw new GatewayError(
      'conflict',
      `Prompt "${promptId}" has ${versionsMax} versions, the most it can have. Create a new prompt.`,
    );
  const sealedContent = sealContent(secret, { ...place, version: number }, content);
  await insertVersion(tx, place, {
    version: number,
    sealedContent,
    contentHash,
    variables: content.variables,
    note,
    by,
  });
  return { version: number, isNew: true };
}
