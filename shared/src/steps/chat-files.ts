import type { InputOf } from '../contract.ts';
import { GatewayError } from '../errors.ts';

/*
 * Files of an earlier step beside the prompt, each in the form a model reads: a picture, a PDF and sound as they are, a text as text.
 *
 * ```ts
 * import { withFiles } from '@ai-gateway/shared/steps/chat-files';
 *
 * const file = { name: 'order.csv', mediaType: 'text/csv', base64: btoa('item,price') };
 * const asked = withFiles([{ role: 'user', content: 'What is ordered?' }], [file], { params: { files: 'files', messages: 'prompt' } });
 * console.log(asked[0]?.content); // [{type: 'text', text: 'What is ordered?'}, {type: 'text', text: 'order.csv:\n\nitem,price'}]
 * ```
 */

/** A file as a platform hands it over. */
export interface StepFile {
  readonly name: string;
  /** As declared; empty or `application/octet-stream` where the sender did not know. */
  readonly mediaType: string;
  readonly base64: string;
}

type StepMessage = InputOf<'chat.complete'>['messages'][number];

/** Content parts go with the last thing the user said. `param` is the form's name for what may be missing. */
export function withParts(
  messages: StepMessage[],
  parts: readonly Record<string, unknown>[],
  { what, param }: { what: string; param: string },
): StepMessage[] {
  if (parts.length === 0) return messages;
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const said = messages[at];
  if (said === undefined)
    throw new GatewayError('invalid_request', `${what} needs a message of the user to go with.`, { param });
  const content = typeof said.content === 'string' ? [{ type: 'text', text: said.content }] : (said.content ?? []);
  return messages.with(at, { ...said, content: [...content, ...parts] } as StepMessage);
}

export function withFiles(
  messages: StepMessage[],
  files: readonly StepFile[],
  { params, detail = '' }: { params: { files: string; messages: string }; detail?: string },
): StepMessage[] {
  const parts = files.map((file) => partOf(file, { param: params.files, detail }));
  return withParts(messages, parts, { what: 'A file', param: params.messages });
}

function partOf(file: StepFile, { param, detail }: { param: string; detail: string }): Record<string, unknown> {
  const { name, base64 } = file;
  const mediaType = mediaTypeOf(file);
  const dataUrl = `data:${mediaType};base64,${base64}`;
  if (mediaType.startsWith('image/'))
    return { type: 'image_url', image_url: { url: dataUrl, ...(detail === '' ? {} : { detail }) } };
  if (mediaType === 'application/pdf') return { type: 'file', file: { filename: name, file_data: dataUrl } };
  const format = sounds[mediaType];
  if (format !== undefined) return { type: 'input_audio', input_audio: { data: base64, format } };
  const text = isText.test(mediaType) ? textIn(file) : undefined;
  if (text !== undefined) return { type: 'text', text: `${name}:\n\n${text}` };
  throw new GatewayError('invalid_request', unreadable(name.slice(0, 80)), { param });
}

/** The refusal of a file that is nothing a model reads. */
export function unreadable(name: string): string {
  return `Models cannot read "${name}". Give a PDF, a picture (PNG, JPEG, GIF or WebP), a text or a recording (MP3 or WAV).`;
}

/** By the first bytes, since senders declare `application/octet-stream` for anything; else as declared, if a model reads it; else by the name. */
function mediaTypeOf({ name, mediaType, base64 }: StepFile): string {
  const start = atob(base64.slice(0, 24));
  const seen = signatures.find(([signature]) => signature.test(start))?.[1];
  if (seen !== undefined) return seen;
  const declared = declaredType(mediaType);
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return isReadable(declared) ? declared : (mediaTypes[ending] ?? '');
}

function declaredType(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Windows declares a CSV as `application/vnd.ms-excel`, and a download may be `application/force-download`. */
function isReadable(mediaType: string): boolean {
  return (
    mediaType.startsWith('image/') ||
    mediaType === 'application/pdf' ||
    sounds[mediaType] !== undefined ||
    isText.test(mediaType)
  );
}

const signatures: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF[\s\S]{4}WEBP/, 'image/webp'],
  [/^RIFF[\s\S]{4}WAVE/, 'audio/wav'],
  [/^%PDF-/, 'application/pdf'],
  [/^(ID3|\xff[\xfb\xf3\xf2])/, 'audio/mpeg'],
];

/** Endings of names, for the platforms that know nothing else of a file. */
export const mediaTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  mp3: 'audio/mpeg',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
  wav: 'audio/wav',
  webp: 'image/webp',
  xml: 'application/xml',
};

/** OpenAI's names of the two formats that its models hear. */
const sounds: Readonly<Record<string, 'mp3' | 'wav'>> = {
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
};

const isText = /^text\/|^application\/(.+\+)?(json|xml|yaml|x-yaml|csv)$/;

/** Undefined where it is no text. The first bytes say the encoding, or the sender does; else it is UTF-8, or what Windows writes. */
function textIn({ base64, mediaType }: StepFile): string | undefined {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const declared = /;\s*charset="?([^";\s]+)/i.exec(mediaType)?.[1];
  const tried = [markedEncoding(bytes) ?? declared ?? 'utf-8', 'utf-8', 'windows-1252'];
  const text = tried.map((encoding) => decoded(bytes, encoding)).find((found) => found !== undefined);
  // No text holds this letter; a file that is packed or compiled does.
  return text?.includes('\0') === true ? undefined : text;
}

/** The byte order mark that Excel's "Unicode text" begins with. */
function markedEncoding([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** Undefined for bytes that the encoding does not have, and for an encoding that nobody knows. */
function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
