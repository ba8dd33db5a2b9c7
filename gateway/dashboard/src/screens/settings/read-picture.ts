const bytesMost = 200_000;
const types: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'];

/** A picture as a data URL, or why it cannot be one. Drawings are refused: an SVG may hold scripts. */
export async function readPicture(file: Blob): Promise<{ url: string } | { fault: string }> {
  if (!types.includes(file.type)) return { fault: 'This file is not a PNG, JPEG or WebP.' };
  if (file.size > bytesMost)
    return {
      fault: `This file has ${Math.ceil(file.size / 1_000)} kB. Make the picture smaller, then choose it again.`,
    };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return { url: `data:${file.type};base64,${btoa(text)}` };
}
