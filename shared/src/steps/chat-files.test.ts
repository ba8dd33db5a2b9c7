import { describe, expect, test } from 'vitest';
import { type StepFile, withFiles } from './chat-files.ts';

const asked = [{ role: 'user' as const, content: 'What is it?' }];
const params = { files: 'files', messages: 'prompt' };
const base64 = (bytes: string) => btoa(bytes);

function partFor(file: Partial<StepFile>): unknown {
  const whole = { name: 'file', mediaType: '', base64: base64('text'), ...file };
  const [message] = withFiles(asked, [whole], { params });
  const parts = (message?.content ?? []) as unknown[];
  return parts[1];
}

describe('a file beside the prompt', () => {
  test('is shown as a picture, a PDF, a recording or a text, by its first bytes, whatever its sender calls it', () => {
    const declared = 'application/octet-stream';
    const of = (start: string, more: Partial<StepFile> = {}) =>
      partFor({ base64: base64(start), mediaType: declared, ...more });
    const png = base64('\x89PNG\r\n');
    expect(of('\x89PNG\r\n')).toEqual({ type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } });
    expect(of('%PDF-1.7', { name: 'invoice' })).toEqual({
      type: 'file',
      file: { filename: 'invoice', file_data: `data:application/pdf;base64,${base64('%PDF-1.7')}` },
    });
    expect(of('ID3\x04')).toEqual({ type: 'input_audio', input_audio: { data: base64('ID3\x04'), format: 'mp3' } });
    expect(of('RIFF\x01\x02\x03\x04WAVE')).toMatchObject({ input_audio: { format: 'wav' } });
    expect(of('RIFF\x01\x02\x03\x04WEBP')).toMatchObject({ type: 'image_url' });
  });

  test('that is a text is read in UTF-8, with its name before it', () => {
    const content = btoa(String.fromCharCode(...new TextEncoder().encode('Größe;Menge')));
    expect(partFor({ name: 'order.csv', base64: content })).toEqual({
      type: 'text',
      text: 'order.csv:\n\nGröße;Menge',
    });
    expect(partFor({ name: 'data', mediaType: 'application/json; charset=utf-8' })).toMatchObject({ type: 'text' });
  });

  test('goes by the ending of its name where its sender declares a kind that no model reads', () => {
    for (const [name, mediaType] of [
      ['order.csv', 'application/vnd.ms-excel'],
      ['note.txt', 'application/force-download'],
      ['log.json', 'application/x-ndjson'],
    ] as const)
      expect(partFor({ name, mediaType }), mediaType).toEqual({ type: 'text', text: `${name}:\n\ntext` });
    expect(partFor({ name: 'order', mediaType: 'text/csv' })).toMatchObject({ type: 'text' });
  });

  test('that is a text is read in its own encoding: by its first bytes, as declared, or as Windows writes it', () => {
    const text = (bytes: readonly number[], mediaType = 'text/csv') =>
      partFor({ name: 'a.csv', mediaType, base64: base64(String.fromCharCode(...bytes)) });
    const as = (expected: string) => ({ type: 'text', text: `a.csv:\n\n${expected}` });
    expect(text([0x47, 0x72, 0xf6, 0xdf, 0x65, 0x20, 0x80])).toEqual(as('Größe €'));
    expect(text([0xff, 0xfe, 0x47, 0x00, 0xf6, 0x00])).toEqual(as('Gö'));
    expect(text([0xfe, 0xff, 0x00, 0x47, 0x00, 0xf6])).toEqual(as('Gö'));
    expect(text([0xef, 0xbb, 0xbf, 0x47, 0xc3, 0xb6])).toEqual(as('Gö'));
    expect(text([0xb3, 0xf3, 0x64, 0xbc], 'text/csv; charset="ISO-8859-2"')).toEqual(as('łódź'));
    expect(text([0x47, 0xf6], 'text/csv; charset=utf-8')).toEqual(as('Gö'));
    expect(text([0x47, 0xc3, 0xb6], 'text/csv; charset=klingon')).toEqual(as('Gö'));
  });

  test('that only has the name of a text is refused', () => {
    const packed = base64('PK\x03\x04\x14\x00\x06\x00');
    expect(() => partFor({ name: 'a.csv', base64: packed })).toThrow('Models cannot read "a.csv".');
  });

  test('that no model reads is refused by its name, with what can be given', () => {
    for (const file of [{ name: 'letter.docx' }, { name: 'note.ogg', mediaType: 'audio/ogg' }, { name: 'unknown' }])
      expect(() => partFor(file)).toThrow(`Models cannot read "${file.name}". Give a PDF, a picture`);
  });

  test('needs something the user said to go with', () => {
    const file = { name: 'a.txt', mediaType: 'text/plain', base64: base64('a') };
    expect(() => withFiles([{ role: 'system', content: 'x' }], [file], { params })).toThrow(
      'A file needs a message of the user to go with.',
    );
  });
});
