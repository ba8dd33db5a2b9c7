import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../db/pool.ts';
import { clusterFolderName } from './backup-head.ts';
import { beginClusterBackup } from './cluster-backup-store.ts';
import type { BackupWriter } from './write-backup.ts';

/** Folders whose content belongs to a running server only; copied empty, as `pg_basebackup` does. */
const emptied = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
/** Files of the running server, and what an interrupted copy left. */
const leftOut =
  /^(postmaster\.(pid|opts)|backup_label|tablespace_map|backup_manifest|pgsql_tmp.*|pg_internal\.init.*)$/;
const control = 'global/pg_control';
const chunkBytes = 1 << 20;

/** The size of what `copyCluster` will copy, the log left out. */
export async function clusterBytes(cluster: string): Promise<number> {
  let bytes = 0;
  for await (const { stats } of filesOf(cluster)) bytes += stats.size;
  return bytes;
}

/**
 * Copies the files of a running Postgres together with the log that was written meanwhile: a Postgres that starts on the copy
 * recovers to the moment at which the copying ended, as after a crash. A page that is torn because it was
 * written while it was read is in the log as a whole.
 */
export async function copyCluster(
  connection: Connection,
  { cluster, writer, onCopied }: { cluster: string; writer: BackupWriter; onCopied: (bytes: number) => void },
): Promise<void> {
  const name = (path: string): string => `${clusterFolderName}/${path}`;
  const copying = await beginClusterBackup(connection);
  try {
    await writer.folder(clusterFolderName);
    for await (const { path, stats } of filesOf(cluster)) {
      if (stats.isDirectory()) await writer.folder(name(path));
      else if (path !== control) await copyFile(join(cluster, path), { name: name(path), writer, onCopied });
    }
    for (const folder of ['pg_wal', 'pg_wal/archive_status', 'pg_wal/summaries']) await writer.folder(name(folder));
    const label = await readWhole(join(cluster, control));
    await writer.file(name(control), label.length, [label]);
    const { lastLog, label: labelFile } = await copying.stop();
    await writer.text(name('backup_label'), labelFile);
    for (const log of await logsBetween(join(cluster, 'pg_wal'), copying.firstLog, lastLog))
      await copyFile(join(cluster, 'pg_wal', log), { name: name(`pg_wal/${log}`), writer, onCopied });
  } finally {
    await copying.close().catch(() => {});
  }
}

/** Folders and files below `cluster` in order, parents first, without those that Postgres drops meanwhile. */
async function* filesOf(cluster: string, folder = ''): AsyncGenerator<{ path: string; stats: Stats }> {
  for (const entry of (await readdir(join(cluster, folder), { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (path === 'pg_wal' || leftOut.test(entry.name)) continue;
    // Follows links: an operator may have moved a folder to another disk.
    const stats = await stat(join(cluster, path)).catch(gone);
    if (stats === undefined || !(stats.isFile() || stats.isDirectory())) continue;
    yield { path, stats };
    if (stats.isDirectory() && !emptied.has(path)) yield* filesOf(cluster, path);
  }
}

function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

/** As long as it was when it was opened: the log brings what was appended, and cuts off what is filled with zeros. */
async function copyFile(
  path: string,
  { name, writer, onCopied }: { name: string; writer: BackupWriter; onCopied: (bytes: number) => void },
): Promise<void> {
  const file = await open(path, 'r').catch(gone);
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    await writer.file(name, size, chunksOf(file, size, onCopied));
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle, size: number, onCopied: (bytes: number) => void): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const { buffer, bytesRead } = await file.read(
      Buffer.allocUnsafe(chunkBytes),
      0,
      Math.min(chunkBytes, size - at),
      at,
    );
    const chunk = bytesRead === 0 ? Buffer.alloc(Math.min(chunkBytes, size - at)) : buffer.subarray(0, bytesRead);
    at += chunk.length;
    onCopied(chunk.length);
    yield chunk;
  }
}

/** A file that Postgres writes in one go while it runs: read until two readings agree, since one may see half of a write. */
async function readWhole(path: string): Promise<Buffer> {
  for (let last = await readFile(path); ; ) {
    await sleep(5);
    const next = await readFile(path);
    if (next.equals(last)) return next;
    last = next;
  }
}

/** Throws when one is missing: such a copy would not open. */
async function logsBetween(folder: string, first: string, last: string): Promise<string[]> {
  const names = await readdir(folder);
  const logs = names.filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= first && name <= last).sort();
  const expected = logNumber(last) - logNumber(first) + 1;
  if (logs.length !== expected)
    throw new Error(`Postgres kept ${logs.length} of the ${expected} log files that the backup needs. Try again.`);
  return [...names.filter((name) => name.endsWith('.history')), ...logs];
}

/** 256 files of 16 MB are one "log" of 4 GB. */
function logNumber(name: string): number {
  return Number.parseInt(name.slice(8, 16), 16) * 256 + Number.parseInt(name.slice(16), 16);
}
