import type { NeutralCall, Part } from './neutral.ts';

export interface CallInput {
  inputText: string;
  images: number;
  /** The tokens of documents that are not text. */
  fileTokens: number;
}

/** The input of a call, apart by how it is counted. */
export function inputOf(call: Pick<NeutralCall, 'messages' | 'tools'>): CallInput {
  const input = { images: 0, fileTokens: 0 };
  const texts: string[] = [];
  for (const part of leaves(call)) {
    if (part.kind === 'text' || part.kind === 'refusal' || part.kind === 'reasoning') texts.push(part.text);
    else if (part.kind === 'tool-call') texts.push(part.name, part.arguments);
    else if (part.kind === 'image') input.images += 1;
    else if (part.kind === 'file') {
      if (isText(part.mediaType)) texts.push(Buffer.from(part.data, 'base64').toString('utf8'));
      else input.fileTokens += fileTokens(part.data);
    }
  }
  for (const tool of call.tools) texts.push(tool.name, tool.description ?? '', JSON.stringify(tool.parameters));
  return { ...input, inputText: texts.join('\n') };
}

/** The parts of a conversation, those inside the results of tools too. */
function* leaves(call: Pick<NeutralCall, 'messages'>): Generator<Part> {
  for (const { parts } of call.messages) {
    for (const part of parts) {
      if (part.kind === 'tool-result') yield* part.content;
      else yield part;
    }
  }
}

export function isText(mediaType: string): boolean {
  return /^text\/|json|xml/.test(mediaType);
}

/** A page of a document is some 50 kB and 2,000 tokens. */
const fileBytesPerToken = 25;

export function fileTokens(base64: string): number {
  return Math.ceil((base64.length * 3) / 4 / fileBytesPerToken);
}
