import type { OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import type { Caller } from '../accounts/api-key.ts';
import { readTexts, writeParts } from '../usage/cursor.ts';
import { type PromptFile, writePromptFile, writeVersionFile } from './prompt-files.ts';
import type { PromptPorts } from './prompt-ports.ts';
import { listPromptRows, type PromptRow } from './prompt-store.ts';
import { listVersions, readSealedContent } from './prompt-version-store.ts';
import { findRow } from './prompt-view.ts';
import { unsealContent } from './sealed-content.ts';

/** A page is no larger than a client can take at once. */
const pageBytesMax = 4 * 1024 * 1024;

/** The files of the prompts that can be called, by id and version, from where the last page ended. */
export async function exportPage(
  services: Pick<PromptPorts, 'db' | 'secret'>,
  caller: Caller,
  { id, cursor, limit }: ParsedOf<'prompts.export'>,
): Promise<OutputOf<'prompts.export'>> {
  const [afterId, afterVersion] = cursor === undefined ? [undefined, undefined] : readTexts(cursor, 2);
  const files: PromptFile[] = [];
  let bytes = 0;
  const isFull = (): boolean => files.length >= limit || bytes >= pageBytesMax;
  for await (const { row, from } of prompts(services, caller, { id, afterId, after: Number(afterVersion ?? 0) })) {
    if (isFull()) return { data: files, next_cursor: writeParts([row.id, String(from)]) };
    if (from === 0) files.push(writePromptFile(row));
    const place = { workspaceId: caller.workspaceId, promptId: row.id };
    const versions = await listVersions(services.db, place);
    for (const { version, note } of versions.reverse().filter((one) => one.version > from)) {
      // The file of the prompt itself comes with its first version.
      if (isFull() && files.length > 1) return { data: files, next_cursor: writeParts([row.id, String(version - 1)]) };
      const sealed = await readSealedContent(services.db, place, version);
      if (sealed === undefined) continue;
      const file = writeVersionFile(row.id, {
        version,
        note,
        content: unsealContent(services.secret, { ...place, version }, sealed),
      });
      files.push(file);
      bytes += file.content.length;
    }
  }
  return { data: files, next_cursor: null };
}

/** From the prompt on at which the last page ended, with the version it had come to. */
async function* prompts(
  { db }: Pick<PromptPorts, 'db'>,
  caller: Caller,
  { id, afterId, after }: { id: string | undefined; afterId: string | undefined; after: number },
): AsyncGenerator<{ row: PromptRow; from: number }> {
  if (id !== undefined) {
    yield { row: await findRow(db, caller, id), from: after };
    return;
  }
  if (afterId !== undefined) {
    const row = await findRow(db, caller, afterId).catch(() => undefined);
    if (row !== undefined) yield { row, from: after };
  }
  for (let last = afterId; ; ) {
    const page = { search: undefined, archived: false, client: undefined, after: last, limit: 100 };
    const rows = await listPromptRows(db, caller.workspaceId, page);
    for (const row of rows) yield { row, from: 0 };
    last = rows.at(-1)?.id;
    if (last === undefined) return;
  }
}
