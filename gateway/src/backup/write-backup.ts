import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type BackupHead, headName, type Part, partsName } from './backup-head.ts';
import { sealOf } from './seal-file.ts';
import { tarEnd, tarHead, tarPadding } from './tar.ts';
import { asideOf, removeUnfinished } from './unfinished-file.ts';

/** The standard output in place of a file. */
const toStandardOutput = '-';

/** Takes the parts of a backup one after the other. */
export interface BackupWriter {
  folder(name: string): Promise<void>;
  /** `content` must come to exactly `size` bytes. */
  file(name: string, size: number, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void>;
  text(name: string, content: string): Promise<void>;
}

/**
 * Writes a backup to a file that is whole or not there: made under another name beside it, readable by its owner only, then
 * renamed. A file that exists is never overwritten. Returns the size.
 */
export async function writeBackup(
  path: string,
  options: {
    head: BackupHead;
    /** Writes the parts between the first and the last. Returns the number of rows, where there are any. */
    fill: (writer: BackupWriter) => Promise<number | undefined>;
    signal?: AbortSignal | undefined;
  },
): Promise<{ bytes: number }> {
  const target = path === toStandardOutput ? undefined : resolve(path);
  if (target !== undefined) refuseTaken(path, target);
  if (target !== undefined) await removeUnfinished(target);
  const aside = target === undefined ? undefined : asideOf(target);
  const sink = aside === undefined ? process.stdout : createWriteStream(aside, { flags: 'wx', mode: 0o600 });
  const gzip = createGzip({ level: 1 });
  // An error here is thrown by the next write, or by the last `await`.
  let bytes = 0;
  const sealed = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
    yield sealOf(hash.digest());
  };
  const written = pipeline(gzip, sealed, sink, { end: aside !== undefined, signal: options.signal });
  written.catch(() => {});
  const put = async (chunk: Buffer): Promise<void> => {
    if (gzip.destroyed || !gzip.write(chunk)) await Promise.race([written, once(gzip, 'drain')]);
  };
  try {
    const parts: Part[] = [];
    const writer: BackupWriter = {
      folder: (name) => put(tarHead({ name, kind: 'folder', size: 0 })),
      file: async (name, size, content) => {
        await put(tarHead({ name, kind: 'file', size }));
        const hash = createHash('sha256');
        let came = 0;
        for await (const chunk of content) {
          came += chunk.length;
          hash.update(chunk);
          await put(chunk);
        }
        if (came !== size) throw new Error(`${name} changed in size during the backup. Try again.`);
        await put(tarPadding(size));
        parts.push({ name, size, sha256: hash.digest('hex') });
      },
      text: async (name, content) => {
        const bytes = Buffer.from(content);
        await writer.file(name, bytes.length, [bytes]);
      },
    };
    await writer.text(headName, `${JSON.stringify(options.head, undefined, 2)}\n`);
    const rows = await options.fill(writer);
    await writer.text(partsName, `${JSON.stringify({ parts, rows: rows ?? null })}\n`);
    await put(tarEnd);
    gzip.end();
    await written;
    if (target !== undefined && aside !== undefined) await publish(aside, target);
    return { bytes };
  } catch (error) {
    gzip.destroy();
    if (aside !== undefined) await rm(aside, { force: true });
    throw target === undefined ? error : inWords(error, path);
  }
}

function refuseTaken(path: string, target: string): void {
  if (existsSync(target))
    throw new Error(
      statSync(target).isDirectory()
        ? `${path} is a folder. Name a file in it.`
        : `${path} already exists, and a backup never overwrites a file. Choose another name.`,
    );
  if (!existsSync(dirname(target))) throw new Error(`The folder ${dirname(target)} does not exist.`);
}

/** The file is on the disk before it gets its name, and gets it only where no other file has taken it meanwhile. */
async function publish(aside: string, target: string): Promise<void> {
  await sync(aside, 'r+');
  try {
    await link(aside, target);
    await rm(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // A file system without hard links.
    if (existsSync(target)) throw Object.assign(new Error(`${target} exists`), { code: 'EEXIST' });
    await rename(aside, target);
  }
  // Not every system can sync a folder.
  await sync(dirname(target), 'r').catch(() => {});
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** An error of the disk, worded for the operator. */
function inWords(error: unknown, path: string): unknown {
  const { code, name } = error as NodeJS.ErrnoException;
  const folder = dirname(resolve(path));
  if (name === 'AbortError') return new Error(`Interrupted. ${path} was not written.`, { cause: error });
  const says: Record<string, string> = {
    ENOSPC: `No space is left in ${folder}. Free some, or choose another disk.`,
    EDQUOT: `The disk quota of ${folder} is used up. Free some space, or choose another disk.`,
    EFBIG: `The file is too large for this file system, or for a limit of this shell (ulimit -f).`,
    EACCES: `${folder} cannot be written to by this user.`,
    EPERM: `${folder} cannot be written to by this user.`,
    EROFS: `${folder} is read-only.`,
    EEXIST: `${path} already exists, and a backup never overwrites a file. Choose another name.`,
  };
  const sentence = says[code ?? ''];
  return sentence === undefined ? error : new Error(`${sentence} ${path} was not written.`, { cause: error });
}
