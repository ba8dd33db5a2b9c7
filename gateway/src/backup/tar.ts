/**
 * The part of the tar format (POSIX ustar) that a backup needs: files and folders with short names. `tar -tzf` lists one, and every
 * system can unpack it without this gateway.
 */
const blockBytes = 512;

export interface TarEntry {
  name: string;
  kind: 'file' | 'folder';
  size: number;
}

/** The head of an entry. A name has 100 bytes at most, a file 8 GiB. */
export function tarHead({ name, kind, size }: TarEntry): Buffer {
  const path = kind === 'folder' ? `${name}/` : name;
  if (Buffer.byteLength(path) > 100) throw new Error(`The name ${path} is too long for a backup.`);
  const head = Buffer.alloc(blockBytes);
  head.write(path, 0);
  head.write(kind === 'folder' ? '0000700\0' : '0000600\0', 100);
  head.write('0000000\0'.repeat(2), 108);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  // No time: the same content makes the same bytes.
  head.write(`${'0'.repeat(11)}\0`, 136);
  head.write(' '.repeat(8), 148);
  head.write(kind === 'folder' ? '5' : '0', 156);
  head.write('ustar\x0000', 257);
  head.write(`${sumOf(head).toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

/** Fills the last block of a file of `size` bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

/** Two empty blocks. */
export const tarEnd = Buffer.alloc(2 * blockBytes);

/** Every entry of an archive in order. The content of one must be read, or left, before the next is asked for. Throws when it breaks off. */
export async function* readTar(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<TarEntry & { content: AsyncGenerator<Buffer> }> {
  const input = new Blocks(source);
  for (;;) {
    const head = await input.exactly(blockBytes);
    // To the very end, so that what unpacks it has compared its own checksum.
    if (head.every(isZero)) return input.onlyZeros();
    const entry = readHead(head);
    let left = entry.size;
    async function* content(): AsyncGenerator<Buffer> {
      while (left > 0) {
        const chunk = await input.atMost(left);
        left -= chunk.length;
        yield chunk;
      }
    }
    yield { ...entry, content: content() };
    while (left > 0) left -= (await input.atMost(left)).length;
    await input.exactly(tarPadding(entry.size).length);
  }
}

function readHead(head: Buffer): TarEntry {
  const sum = Number.parseInt(head.toString('latin1', 148, 154), 8);
  const blank = Buffer.from(head);
  blank.write(' '.repeat(8), 148);
  if (head.toString('latin1', 257, 262) !== 'ustar' || sumOf(blank) !== sum)
    throw new Error('It is not a tar archive.');
  const name = head.toString('utf8', 0, 100).replace(/\0.*$/s, '');
  const kind = head[156] === 53 ? 'folder' : 'file';
  const size = Number.parseInt(head.toString('latin1', 124, 135), 8);
  return { name: kind === 'folder' ? name.replace(/\/$/, '') : name, kind, size };
}

function isZero(byte: number): boolean {
  return byte === 0;
}

function sumOf(head: Buffer): number {
  return head.reduce((sum, byte) => sum + byte, 0);
}

/** A stream of chunks read by the byte. */
class Blocks {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** One byte at least. */
  async atMost(bytes: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error('It is incomplete.');
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async onlyZeros(): Promise<void> {
    for (;;) {
      if (!this.#rest.every(isZero)) throw new Error('It has data after its end.');
      const { value, done } = await this.#chunks.next();
      if (done) return;
      this.#rest = value;
    }
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0; ) {
      const part = await this.atMost(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}
