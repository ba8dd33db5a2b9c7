import { inflateSync } from 'node:zlib';

/**
 * The texts of a PDF of ours or of Chromium's, and all else that its bytes have. Texts are glyphs of a subset of a font, and each font's character map says which letters
 * they are (ISO 32000-1, 9.10.3): all texts are read by every map, so one of the readings is the right one.
 */
export function pdfText(bytes: Buffer): string {
  return [bytes.toString('latin1').replace(/stream\r?\n[\s\S]*?endstream/g, ''), ...pdfReadings(bytes)].join('\n');
}

/** All texts by the map of each font: the pieces as they are drawn, which Chromium cuts at kerned letters. */
export function pdfReadings(bytes: Buffer): string[] {
  const raw = bytes.toString('latin1');
  const streams = [...raw.matchAll(/stream\r?\n/g)].map(({ index, 0: start }) =>
    inflated(bytes.subarray(index + start.length, raw.indexOf('endstream', index))),
  );
  const maps = streams.filter((stream) => /beginbf(range|char)/.test(stream)).map(readMap);
  const shown = [...streams.join('\n').matchAll(/(\[(?:<[0-9a-f]*>|[\d.\s-])+\]\s*TJ|<[0-9a-f]+>\s*Tj)/gi)].map(
    ([glyphs]) => [...glyphs.matchAll(/<([0-9a-f]*)>/gi)].map(([, hex]) => hex).join(''),
  );
  return maps.map((map) =>
    shown
      .map((hex) => (hex.match(/.{4}/g) ?? []).map((glyph) => map.get(glyph.toLowerCase()) ?? '').join(''))
      .join('\n'),
  );
}

function inflated(stream: Buffer): string {
  try {
    return inflateSync(stream).toString('latin1');
  } catch {
    return '';
  }
}

/** `<0000> <0002> [<0041> <0042> <0043>]`; as Chromium writes it, `<0000> <0002> <0041>`, and `<0000> <0041>` for one letter. */
function readMap(stream: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const [, from = '', to = '', hex = ''] of stream.matchAll(
    /^<([0-9a-f]{4})>(?:\s*<([0-9a-f]{4})>)?\s*<([0-9a-f]{4})>$/gim,
  )) {
    const first = Number.parseInt(from, 16);
    const last = to === '' ? first : Number.parseInt(to, 16);
    for (let glyph = first; glyph <= last; glyph += 1)
      map.set(glyph.toString(16).padStart(4, '0'), String.fromCharCode(Number.parseInt(hex, 16) + glyph - first));
  }
  for (const [, from = '', list = ''] of stream.matchAll(/<([0-9a-f]{4})>\s*<[0-9a-f]{4}>\s*\[([^\]]*)\]/gi))
    for (const [i, [, hex = '']] of [...list.matchAll(/<([0-9a-f]*)>/gi)].entries())
      map.set(
        (Number.parseInt(from, 16) + i).toString(16).padStart(4, '0'),
        Buffer.from(hex, 'hex').swap16().toString('utf16le'),
      );
  return map;
}
