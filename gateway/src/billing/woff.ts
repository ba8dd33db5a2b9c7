import { inflateSync } from 'node:zlib';

/**
 * The TrueType font in a WOFF 1.0 file (W3C: a header of 44 bytes, then 20 bytes a table, each table deflated by itself). The PDF
 * library reads WOFF too, but inflates a table again each time it looks at one: a page took four seconds.
 */
export function trueTypeOf(woff: Buffer): Buffer {
  const count = woff.readUInt16BE(12);
  const head = Buffer.alloc(12 + 16 * count);
  woff.copy(head, 0, 4, 8);
  const power = 2 ** Math.floor(Math.log2(count));
  head.writeUInt16BE(count, 4);
  head.writeUInt16BE(16 * power, 6);
  head.writeUInt16BE(Math.log2(power), 8);
  head.writeUInt16BE(16 * (count - power), 10);
  const pieces: Buffer[] = [head];
  let at = head.length;
  for (let i = 0; i < count; i += 1) {
    const entry = 44 + 20 * i;
    const [offset, packed, length] = [4, 8, 12].map((field) => woff.readUInt32BE(entry + field)) as [
      number,
      number,
      number,
    ];
    const stored = woff.subarray(offset, offset + packed);
    const table = packed < length ? inflateSync(stored) : stored;
    woff.copy(head, 12 + 16 * i, entry, entry + 4);
    head.writeUInt32BE(woff.readUInt32BE(entry + 16), 12 + 16 * i + 4);
    head.writeUInt32BE(at, 12 + 16 * i + 8);
    head.writeUInt32BE(length, 12 + 16 * i + 12);
    const padding = Buffer.alloc((4 - (length % 4)) % 4);
    pieces.push(table, padding);
    at += length + padding.length;
  }
  return Buffer.concat(pieces);
}
