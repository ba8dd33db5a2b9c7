import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { trueTypeOf } from './woff.ts';

test('a web font becomes the TrueType font in it, every table where its directory says', () => {
  const woff = readFileSync(new URL('../../fonts/dejavu-sans-regular.woff', import.meta.url));
  const font = trueTypeOf(woff);
  expect(font.readUInt32BE(0)).toBe(0x00010000);
  // The size of the font as the WOFF header has it.
  expect(font.length).toBe(woff.readUInt32BE(16));
  const heads = Array.from({ length: font.readUInt16BE(4) }, (_, i) => 12 + 16 * i);
  const head = heads.find((at) => font.toString('latin1', at, at + 4) === 'head') ?? 0;
  // Its magic number, which `head` has at byte 12.
  expect(font.readUInt32BE(font.readUInt32BE(head + 8) + 12)).toBe(0x5f0f3cf5);
});
