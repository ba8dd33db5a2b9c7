import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RememberedErasure } from './erase-client-store.ts';

/**
 * Erasures, a line of JSON each, in DATA_DIR: what a database that is restored from an older back-up does not know. Hashes only, no
 * name; readable by its owner only.
 */
const nameOfFile = 'erased-clients.jsonl';

export async function readErased(dataDir: string): Promise<RememberedErasure[]> {
  const text = await readFile(join(dataDir, nameOfFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    const erasure = readLine(line);
    return erasure === undefined ? [] : [erasure];
  });
}

/** A line that was cut off by a crash is none. */
function readLine(line: string): RememberedErasure | undefined {
  try {
    const { id, workspace_id, livemode, name_hash, erased_at } = JSON.parse(line) as Record<string, string> & {
      livemode: boolean;
    };
    if (id === undefined || workspace_id === undefined || name_hash === undefined || erased_at === undefined)
      return undefined;
    return {
      id,
      workspaceId: workspace_id,
      livemode,
      nameHash: Buffer.from(name_hash, 'hex'),
      erasedAt: new Date(erased_at),
    };
  } catch {
    return undefined;
  }
}

export async function addErased(dataDir: string, erasures: readonly RememberedErasure[]): Promise<void> {
  if (erasures.length === 0) return;
  const lines = erasures.map(({ id, workspaceId, livemode, nameHash, erasedAt }) =>
    JSON.stringify({
      id,
      workspace_id: workspaceId,
      livemode,
      name_hash: nameHash.toString('hex'),
      erased_at: erasedAt.toISOString(),
    }),
  );
  // A line feed first: what a crash cut off stays a line of its own.
  await appendFile(join(dataDir, nameOfFile), `\n${lines.join('\n')}\n`, { mode: 0o600, flush: true });
}
