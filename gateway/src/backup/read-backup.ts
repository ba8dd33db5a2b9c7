import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { type BackupHead, backupHead, formatVersion, headName, type Part, partList, partsName } from './backup-head.ts';
import { fileFault } from './seal-file.ts';
import { readTar, type TarEntry } from './tar.ts';

export interface CheckedBackup {
  head: BackupHead;
  parts: readonly Part[];
  rows: number | undefined;
  /** Unpacked. */
  bytes: number;
}

type Entry = TarEntry & { content: AsyncGenerator<Buffer> };

/** Thrown when a file is no backup, or a damaged one; says that nothing was changed. */
class DamagedBackup extends Error {
  override readonly name = 'DamagedBackup';
}

/** Reads a whole backup and compares every part with its checksum. Throws an error for the operator when it is no backup, is damaged, or is of a newer gateway. */
export async function checkBackup(
  path: string,
  options: { onRead?: (bytes: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<CheckedBackup> {
  await refuseForeign(path);
  const fault = await fileFault(path, options);
  if (fault !== undefined)
    throw new DamagedBackup(`${path} is damaged (${fault}). Use another backup. Nothing was changed.`);
  const parts: Part[] = [];
  let head: BackupHead | undefined;
  let listed: ReturnType<typeof partList.parse> | undefined;
  try {
    for await (const { name, kind, size, content } of entriesOf(path, options)) {
      if (kind === 'folder') continue;
      const hash = createHash('sha256');
      const kept: Buffer[] = [];
      for await (const chunk of content) {
        hash.update(chunk);
        if (name === headName || name === partsName) kept.push(Buffer.from(chunk));
      }
      if (head === undefined) head = readHead(name, Buffer.concat(kept));
      if (name === partsName) listed = partList.parse(JSON.parse(Buffer.concat(kept).toString('utf8')));
      else parts.push({ name, size, sha256: hash.digest('hex') });
    }
  } catch (error) {
    if (error instanceof NewerBackup || (error as Error).name === 'AbortError') throw error;
    throw new DamagedBackup(`${path} is damaged (${reasonOf(error)}). Use another backup. Nothing was changed.`, {
      cause: error,
    });
  }
  if (head === undefined || listed === undefined)
    throw new DamagedBackup(
      `${path} is damaged (it has no list of its parts). Use another backup. Nothing was changed.`,
    );
  const wrong = differing(parts, listed.parts);
  if (wrong !== undefined)
    throw new DamagedBackup(`${path} is damaged (${wrong} was altered). Use another backup. Nothing was changed.`);
  return { head, parts, rows: listed.rows ?? undefined, bytes: parts.reduce((sum, { size }) => sum + size, 0) };
}

/** The entries of a backup, unpacked as they are read. */
export async function* entriesOf(
  path: string,
  { onRead, signal }: { onRead?: ((bytes: number) => void) | undefined; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Entry> {
  const file = createReadStream(path, { highWaterMark: 1 << 20, signal });
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.on('data', (chunk) => onRead?.(chunk.length));
  file.on('error', (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  try {
    yield* readTar(gunzip as AsyncIterable<Buffer>);
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

class NewerBackup extends Error {}

function readHead(name: string, content: Buffer): BackupHead {
  if (name !== headName) throw new Error('it is a tar archive, but not a backup of the gateway');
  const json: unknown = JSON.parse(content.toString('utf8'));
  const { format, version, gateway } = json as { format?: unknown; version?: unknown; gateway?: unknown };
  if (format === 'ai-gateway-backup' && typeof version === 'number' && version > formatVersion)
    throw new NewerBackup(
      `The backup was made by a newer gateway (${String(gateway)}). Restore it with that version or a newer one. Nothing was changed.`,
    );
  return backupHead.parse(json);
}

/** The first nine bytes of `createGzip({ level: 1 })`; the tenth names the system. */
const gzipBegin = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4]);

async function refuseForeign(path: string): Promise<void> {
  let begin: Buffer;
  try {
    if (statSync(path).isDirectory()) throw new DamagedBackup(`${path} is a folder. Name the backup's file.`);
    const file = await open(path, 'r');
    begin = (await file.read(Buffer.alloc(gzipBegin.length), 0, gzipBegin.length, 0)).buffer;
    await file.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new DamagedBackup(`${path} does not exist.`);
    if (code === 'EACCES') throw new DamagedBackup(`${path} cannot be read by this user.`);
    throw error;
  }
  if (!begin.equals(gzipBegin))
    throw new DamagedBackup(
      `${path} is not a backup of this gateway. \`restore\` reads what \`backup\` wrote; \`import\` reads what \`export\` wrote. Nothing was changed.`,
    );
}

function differing(read: readonly Part[], listed: readonly Part[]): string | undefined {
  for (let i = 0; i < Math.max(read.length, listed.length); i++) {
    const [one, other] = [read[i], listed[i]];
    if (one?.name !== other?.name || one?.size !== other?.size || one?.sha256 !== other?.sha256)
      return one?.name ?? other?.name;
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return 'it is incomplete';
  if (typeof code === 'string' && code.startsWith('Z_')) return 'it cannot be decompressed';
  return message.replace(/\.$/, '').replace(/^It /, 'it ');
}
