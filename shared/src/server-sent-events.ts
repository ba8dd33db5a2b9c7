/*
 * Server-sent events, read as they come.
 *
 * ```ts
 * import { readEvents } from '@ai-gateway/shared/server-sent-events';
 *
 * for await (const item of readEvents(['data: {"a":1}\n', '\n: a comment\n']))
 *   console.log('comment' in item ? item.comment : item.data); // {"a":1}, then: a comment
 * ```
 */

interface ServerSentEvent {
  readonly event: string | undefined;
  readonly data: string;
}

/** An event of a stream, or the text of a comment line, in which the gateway tells what a streamed call cost. */
export type StreamItem = ServerSentEvent | { readonly comment: string };

/**
 * Reads server-sent events off bytes or text, however they were cut on the way. Written here because this package runs
 * inside Make, Zapier, n8n and browsers with zod and nothing else. An event without its closing blank line was cut off, and
 * is dropped, as the HTML standard has it.
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): AsyncGenerator<StreamItem> {
  let event: string | undefined;
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') };
      event = undefined;
      data = [];
      continue;
    }
    const { field, value } = readField(line);
    if (field === '') yield { comment: value };
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
}

/** Lines end in LF, CR or CRLF; a CR that ends a chunk may be half of a CRLF and waits for the next one. */
async function* readLines(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1);
}

function readField(line: string): { field: string; value: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { field: line, value: '' };
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}
