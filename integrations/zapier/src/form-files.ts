import { GatewayError } from '@ai-gateway/shared/errors';
import type { StepFile } from '@ai-gateway/shared/steps/chat-files';
import type { HttpResponse, ZObject } from 'zapier-platform-core';
import { listOf, textOf } from './form-value.ts';
import type { Settings } from './gateway.ts';

/** The gateway takes no more in one call, and base64 makes a file a third larger. */
const mostBytes = 14 * 1024 * 1024;

/**
 * The files of a field of the type `file`. "The file field type expects a file object": what a step gets is an address that leads to
 * its content for a while. https://docs.zapier.com/platform/build/files
 */
export async function filesOf(z: ZObject, given: unknown, { timeoutMs }: Settings): Promise<StepFile[]> {
  const files: StepFile[] = [];
  for (const url of listOf(given).map(textOf)) files.push(await load(z, url, timeoutMs));
  return files;
}

async function load(z: ZObject, url: string, timeout: number): Promise<StepFile> {
  const name = nameIn(url);
  if (!/^https?:\/\//i.test(url)) throw refused(`"${url.slice(0, 80)}" is not a file. Map a file of an earlier step.`);
  const response = await z.request({ url, raw: true, skipThrowForStatus: true, timeout });
  if (response.status >= 300)
    throw refused(`The file "${name}" could not be loaded (${response.status}). Map the file again, or its own URL.`);
  const bytes = await response.buffer();
  if (bytes.length > mostBytes) throw refused(`The file "${name}" is larger than 14 MB. Give a smaller one.`);
  return {
    name: nameOf(response) ?? name,
    mediaType: response.getHeader('content-type') ?? '',
    base64: bytes.toString('base64'),
  };
}

function refused(message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param: 'files' });
}

/** `attachment; filename="invoice.pdf"`, or `filename*=UTF-8''…`. */
function nameOf(response: Pick<HttpResponse, 'getHeader'>): string | undefined {
  const header = response.getHeader('content-disposition') ?? '';
  const encoded = /filename\*=(?:UTF-8)?''([^;]+)/i.exec(header)?.[1];
  const name = encoded === undefined ? /filename="?([^";]+)"?/i.exec(header)?.[1] : decoded(encoded);
  return name?.trim() || undefined;
}

function nameIn(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  return decoded(path.split('/').at(-1) ?? '') || 'file';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
