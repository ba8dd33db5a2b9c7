export interface Picture {
  type: 'png' | 'jpeg' | 'webp' | 'gif' | 'svg+xml';
  bytes: Buffer;
}

/** The picture of a data URL; undefined for an address on the web. */
export function pictureOf(logo: string): Picture | undefined {
  const [, type, base64 = ''] = /^data:image\/(png|jpeg|webp|gif|svg\+xml);base64,(.*)$/s.exec(logo) ?? [];
  return type === undefined ? undefined : { type: type as Picture['type'], bytes: Buffer.from(base64, 'base64') };
}

/** A PDF holds a picture's pixels, and a few kilobytes of PNG can unpack to gigabytes of them. */
const mostPixelsWide = 4_000;

/** Why a data URL is not the picture it says it is; undefined where it is. */
export function faultOfPicture({ type, bytes }: Picture): string | undefined {
  const starts: Record<Picture['type'], RegExp> = {
    png: /^\x89PNG\r\n\x1a\n....IHDR/s,
    jpeg: /^\xff\xd8\xff/,
    webp: /^RIFF....WEBP/s,
    gif: /^GIF8[79]a/,
    'svg+xml': /<svg[\s>]/,
  };
  if (!starts[type].test(bytes.toString('latin1', 0, type === 'svg+xml' ? bytes.length : 32)))
    return `is not a picture of the type image/${type}`;
  if (
    type === 'png' &&
    (bytes.length < 33 || Math.max(bytes.readUInt32BE(16), bytes.readUInt32BE(20)) > mostPixelsWide)
  )
    return `is wider or higher than ${mostPixelsWide} pixels`;
  return undefined;
}
