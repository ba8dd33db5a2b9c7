import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/**
 * The end of a backup: an empty member of gzip whose comment is the SHA-256 of all bytes before it. Programs that unpack gzip pass over it.
 * Checksums of what is unpacked do not find every wrong bit: among zeros, a copy from one byte back and one from two back are the same.
 */
export function sealOf(sha256: Buffer): Buffer {
  // RFC 1952: magic, deflate, FCOMMENT, no time, no extra flags, any system; the comment, an empty block, no content.
  const head = Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff]);
  const body = Buffer.from([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.from(`sha256:${sha256.toString('hex')}`), body]);
}

const sealBytes = sealOf(Buffer.alloc(32)).length;
const sealBegin = sealOf(Buffer.alloc(32)).subarray(0, 17);

/** The fault of a file as a whole; undefined where every byte is as it was written. */
export async function fileFault(
  path: string,
  { onRead, signal }: { onRead?: ((bytes: number) => void) | undefined; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const { size } = await stat(path);
  const end = size - sealBytes;
  if (end <= 0) return 'it is incomplete';
  const seal = Buffer.alloc(sealBytes);
  const file = await open(path, 'r');
  await file.read(seal, 0, sealBytes, end).finally(() => file.close());
  if (!seal.subarray(0, sealBegin.length).equals(sealBegin)) return 'it is incomplete';
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: end - 1, highWaterMark: 1 << 20, signal })) {
    hash.update(chunk);
    onRead?.((chunk as Buffer).length);
  }
  return seal.equals(sealOf(hash.digest())) ? undefined : 'it was altered';
}
