import { GatewayError } from '@ai-gateway/shared/errors';
import type { StepFile } from '@ai-gateway/shared/steps/chat-files';
import { imageUrls } from '@ai-gateway/shared/steps/chat-step';
import type { HttpResponse, ZObject } from 'zapier-platform-core';
import { isSameOrigin } from './gateway.ts';
import { isTimeout } from './zapier-errors.ts';

/** The gateway takes no more in one call, and base64 makes a file a third larger. */
const mostBytes = 14 * 1024 * 1024;

interface Loading {
  baseUrl: string;
  deadlineMs: number;
}

/**
 * The files of a field of the type `file`. "The file field type expects a file object": what a step gets is an address that leads to
 * its content for a while. https://docs.zapier.com/platform/build/files
 */
export function filesOf(z: ZObject, given: unknown, loading: Loading): Promise<StepFile[]> {
  return Promise.all(imageUrls(given).map((url) => load(z, url, loading)));
}

async function load(z: ZObject, url: string, { baseUrl, deadlineMs }: Loading): Promise<StepFile> {
  const name = nameIn(url);
  if (!/^https?:\/\//i.test(url)) throw refused(`"${url.slice(0, 80)}" is not a file. Map a file of an earlier step.`);
  // An address comes from an earlier step, so from anybody: it never reads what the gateway itself knows.
  if (isSameOrigin(url, baseUrl))
    throw refused(`The file "${name}" has an address of the gateway. Map a file of an earlier step.`);
  try {
    return await loaded(z, { url, name, deadlineMs });
  } catch (error) {
    throw isTimeout(error) ? refused(`The file "${name}" takes too long to load. Give a smaller one.`) : error;
  }
}

/** `raw` keeps the key away from the request, wherever it leads: see `signRequest`. */
async function loaded(
  z: ZObject,
  { url, name, deadlineMs }: { url: string; name: string; deadlineMs: number },
): Promise<StepFile> {
  const options = { url, raw: true as const, skipThrowForStatus: true, timeout: Math.max(1, deadlineMs - Date.now()) };
  // The timeout begins again with the body: https://github.com/node-fetch/node-fetch/tree/2.x#options
  const request: typeof options & { signal: AbortSignal } = {
    ...options,
    signal: AbortSignal.timeout(options.timeout),
  };
  const response = await z.request(request);
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
