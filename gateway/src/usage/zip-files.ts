import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

/** One file of a ZIP: its pieces are made as they are read. */
export interface ZippedFile {
  name: string;
  pieces: () => AsyncIterable<string | Uint8Array>;
}

/** A ZIP of any size, each file made and compressed when its turn comes. */
export async function* zipFiles(
  files: Iterable<ZippedFile> | AsyncIterable<ZippedFile>,
  at: Date,
): AsyncGenerator<Uint8Array> {
  const archive = new ZipFile();
  const output = archive.outputStream as Readable;
  let open: Readable | undefined;
  archive.on('error', (error: Error) => output.destroy(error));
  const add = async (): Promise<void> => {
    for await (const { name, pieces } of files)
      archive.addReadStreamLazy(name, { mtime: at, mode: 0o100600 }, (ready) => {
        open = Readable.from(pieces(), { objectMode: false });
        open.once('error', (error) => output.destroy(error));
        ready(null, open);
      });
    archive.end();
  };
  add().catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const piece of output) yield piece as Uint8Array;
  } finally {
    // The reader has gone, or a file failed: nothing more is read from the database.
    open?.destroy();
    output.destroy();
  }
}
