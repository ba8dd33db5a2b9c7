import { Worker } from 'node:worker_threads';
import type { BrandingSettings } from '../accounts/workspace-settings.ts';
import type { InvoiceDocument } from './invoice-document.ts';
import type { PdfRequest, PdfResult } from './pdf-worker.ts';

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(cause: Error): void;
}

// One thread of the process, which all its gateways share: a PDF is made of its request alone, and nothing is kept.
let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/**
 * An invoice as a PDF, made beside the event loop: reading the fonts takes 150 ms, three times what calls may be held up for. The
 * thread is started with the first PDF, takes them one after the other, and does not keep the process alive.
 */
export function makePdf(invoice: InvoiceDocument, { branding }: { branding: BrandingSettings }): Promise<Uint8Array> {
  worker ??= start();
  const request: PdfRequest = { id: ++lastId, invoice, branding };
  return new Promise((resolve, reject) => {
    waiting.set(request.id, { resolve, reject });
    worker?.postMessage(request);
  });
}

function start(): Worker {
  const started = new Worker(new URL('./pdf-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  started.unref();
  started.on('message', (made: PdfResult) => {
    const one = waiting.get(made.id);
    waiting.delete(made.id);
    if ('fault' in made) one?.reject(new Error(`The PDF could not be made: ${made.fault}`));
    else one?.resolve(made.bytes);
  });
  const ended = (cause: Error): void => {
    if (worker !== started) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(cause);
    waiting.clear();
  };
  started.on('error', ended);
  started.on('exit', () => ended(new Error('The thread that makes PDFs ended.')));
  return started;
}
