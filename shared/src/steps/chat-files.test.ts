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
