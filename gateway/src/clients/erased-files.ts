import { createHmac } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RememberedErasure } from './erase-client-store.ts';
import type { ErasedWorkspace } from './erase-workspace-store.ts';

/*
 * Erasures, a line of JSON each, in DATA_DIR: what a database that is restored from an older back-up does not know. Of clients there
 * are hashes only; readable by their owner only.
 */
const clientsFile = 'erased-clients.jsonl';
const workspacesFile = 'erased-workspaces.jsonl';
const peopleFile = 'erased-people.jsonl';

/** As a file has it: `secretId` tells the secret that made the hash from others, where it was noted. */
interface FiledErasure extends RememberedErasure {
  secretId: string | undefined;
}

interface ErasedPersonId {
  id: string;
  erasedAt: Date;
}

export async function readErasedClients(dataDir: string): Promise<FiledErasure[]> {
  return (await readLines(dataDir, clientsFile)).flatMap(
    ({ id, workspace_id, livemode, name_hash, erased_at, secret_id }) =>
      typeof id === 'string' &&
      typeof workspace_id === 'string' &&
      typeof name_hash === 'string' &&
      typeof erased_at === 'string'
        ? [
            {
              id,
              workspaceId: workspace_id,
              livemode: livemode === true,
              nameHash: Buffer.from(name_hash, 'hex'),
              erasedAt: new Date(erased_at),
              secretId: typeof secret_id === 'string' ? secret_id : undefined,
            },
          ]
        : [],
  );
}

export function addErasedClients(dataDir: string, erasures: readonly FiledErasure[]): Promise<void> {
  return addLines(
    dataDir,
    clientsFile,
    erasures.map(({ id, workspaceId, livemode, nameHash, erasedAt, secretId }) => ({
      id,
      workspace_id: workspaceId,
      livemode,
      name_hash: nameHash.toString('hex'),
      erased_at: erasedAt.toISOString(),
      secret_id: secretId,
    })),
  );
}

/** Tells secrets apart, and says nothing about them. */
export function idOfSecret(secret: string): string {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update('erased-clients').digest('hex').slice(0, 16);
}

export async function readErasedWorkspaces(dataDir: string): Promise<ErasedWorkspace[]> {
  return (await readLines(dataDir, workspacesFile)).flatMap(readErasedId);
}

export function addErasedWorkspaces(dataDir: string, workspaces: readonly ErasedWorkspace[]): Promise<void> {
  return addLines(dataDir, workspacesFile, workspaces.map(writeErasedId));
}

export async function readErasedPeople(dataDir: string): Promise<ErasedPersonId[]> {
  return (await readLines(dataDir, peopleFile)).flatMap(readErasedId);
}

export function addErasedPeople(dataDir: string, people: readonly ErasedPersonId[]): Promise<void> {
  return addLines(dataDir, peopleFile, people.map(writeErasedId));
}

function readErasedId({ id, erased_at }: Record<string, unknown>): ErasedPersonId[] {
  return typeof id === 'string' && typeof erased_at === 'string' ? [{ id, erasedAt: new Date(erased_at) }] : [];
}

function writeErasedId({ id, erasedAt }: ErasedPersonId): object {
  return { id, erased_at: erasedAt.toISOString() };
}

/** Copies the erasures since a backup was made, where its data folder is still there: the next start on the restored data erases again. */
export async function bringErased(from: string | undefined, to: string): Promise<void> {
  if (from === undefined || resolve(from) === resolve(to)) return;
  await mkdir(to, { recursive: true });
  for (const file of [clientsFile, workspacesFile, peopleFile])
    await addLines(to, file, await readLines(from, file).catch(() => []));
}

async function readLines(dataDir: string, file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(dataDir, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      // Empty, or cut off by a crash.
      return [];
    }
  });
}

async function addLines(dataDir: string, file: string, lines: readonly object[]): Promise<void> {
  if (lines.length === 0) return;
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  // A line feed first: what a crash cut off stays a line of its own.
  await appendFile(join(dataDir, file), `\n${text}\n`, { mode: 0o600, flush: true });
}
