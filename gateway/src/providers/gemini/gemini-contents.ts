import type { JsonObject, Message, Part, ReasoningPart, ToolCallPart } from '../../dialects/neutral.ts';
import { callInput } from '../../dialects/tool-arguments.ts';
import { asObject } from '../read-json.ts';
import type { GeminiModel } from './gemini-model.ts';

/** Google's placeholder for a signature that is missing: another model made the call, or a client lost it. */
const noSignature = 'skip_thought_signature_validator';

interface Turn {
  role: 'user' | 'model';
  parts: JsonObject[];
}

/** Turns of user and model in alternation, beginning with the user; results stand first in the turn after their calls. */
export function geminiContents(messages: readonly Message[], model: GeminiModel): JsonObject[] {
  const calls = new Map<string, { name: string; order: number }>();
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'model' : 'user';
    for (const part of message.parts) {
      if (part.kind === 'tool-call') calls.set(part.id, { name: part.name, order: calls.size });
    }
    const parts = role === 'model' ? modelParts(message.parts) : userParts(message.parts, calls, model);
    if (parts.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts });
  }
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', parts: [{ text: '.' }] });
  for (const turn of turns) {
    if (turn.role === 'user') turn.parts = resultsFirst(turn.parts, calls);
    else if (model.signsCalls) signFirstCall(turn);
  }
  return turns.map(({ role, parts }) => ({ role, parts }));
}

/** Matched by place where the model gives its calls no ids, so results come in the order of the calls. */
function resultsFirst(parts: readonly JsonObject[], calls: ReadonlyMap<string, { order: number }>): JsonObject[] {
  const orderOf = (part: JsonObject): number => calls.get(String(asObject(part.functionResponse)?.id))?.order ?? 0;
  const results = parts.filter((part) => part.functionResponse !== undefined);
  return [
    ...results.toSorted((a, b) => orderOf(a) - orderOf(b)),
    ...parts.filter((part) => part.functionResponse === undefined),
  ];
}

/** The first call of a step is signed, and its signature is checked; the others have none. */
function signFirstCall({ parts }: Turn): void {
  const first = parts.find((part) => part.functionCall !== undefined);
  if (first !== undefined) first.thoughtSignature ??= noSignature;
}

function userParts(
  parts: readonly Part[],
  calls: ReadonlyMap<string, { name: string }>,
  model: GeminiModel,
): JsonObject[] {
  return parts.flatMap((part): JsonObject[] => {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        return part.text === '' ? [] : [{ text: part.text }];
      case 'image':
      case 'file':
      case 'file-url':
      case 'audio':
        return [mediaPart(part)];
      case 'tool-result':
        return resultParts(part, calls.get(part.toolCallId)?.name ?? part.toolCallId, model);
      default:
        return [];
    }
  });
}

type Media = Extract<Part, { kind: 'image' | 'file' | 'file-url' | 'audio' }>;

/** The gateway fetches nothing itself: Google gets the address, and answers a 400 for what it cannot reach. */
function mediaPart(part: Media): JsonObject {
  if (part.kind === 'file') return { inlineData: { mimeType: part.mediaType, data: part.data } };
  if (part.kind === 'audio') return { inlineData: { mimeType: `audio/${part.format}`, data: part.data } };
  if (part.kind === 'file-url') return { fileData: { fileUri: part.url, mimeType: fileType(part.url) } };
  return part.source.kind === 'data'
    ? { inlineData: { mimeType: part.source.mediaType, data: part.source.data } }
    : { fileData: { fileUri: part.source.url, mimeType: imageType(part.source.url) } };
}

const mediaKinds = new Set<Part['kind']>(['image', 'file', 'file-url', 'audio']);

/** By its name; a document of no known kind is a PDF, the one kind all vendors read. */
function fileType(url: string): string {
  const ending = /\.(txt|md|csv|html?|xml|json)(?:$|[?#])/i.exec(url)?.[1]?.toLowerCase();
  if (ending === undefined) return 'application/pdf';
  const types: Readonly<Record<string, string>> = {
    txt: 'text/plain',
    md: 'text/plain',
    htm: 'text/html',
    json: 'application/json',
  };
  return types[ending] ?? `text/${ending}`;
}

function imageType(url: string): string {
  const ending = /\.(png|jpe?g|webp|gif|bmp|heic|heif)(?:$|[?#])/i.exec(url)?.[1]?.toLowerCase();
  return `image/${ending === undefined || ending === 'jpg' ? 'jpeg' : ending}`;
}

/**
 * A result is an object, and what the tool said stays text in it: a `$ref` in an object means to Gemini the name of an attached
 * part (https://ai.google.dev/gemini-api/docs/function-calling, multimodal function responses). Its pictures go inside where the model looks
 * for them, else beside.
 */
function resultParts(
  part: Extract<Part, { kind: 'tool-result' }>,
  name: string,
  { mediaInResults }: GeminiModel,
): JsonObject[] {
  const text = part.content.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : [])).join('\n');
  const media = part.content.filter((inner): inner is Media => mediaKinds.has(inner.kind)).map(mediaPart);
  const inside = mediaInResults ? media.filter(({ inlineData }) => inlineData !== undefined) : [];
  const response = part.isError ? { error: text } : { result: text };
  return [
    { functionResponse: { id: part.toolCallId, name, response, ...(inside.length === 0 ? {} : { parts: inside }) } },
    ...media.filter((item) => !inside.includes(item)),
  ];
}

/** Empty text counts when it is signed: so Gemini ends its streams. */
function modelParts(parts: readonly Part[]): JsonObject[] {
  const written: JsonObject[] = [];
  let unplaced: string | undefined;
  for (const part of parts) {
    if (part.kind === 'reasoning') {
      const signature = ownSignature(part);
      if (signature === undefined) continue;
      if (part.text !== '') written.push({ text: part.text, thought: true, thoughtSignature: signature });
      else if (!signText(written, signature)) unplaced = signature;
    } else if (part.kind === 'text' || part.kind === 'refusal') {
      if (part.text !== '') written.push({ text: part.text });
    } else if (part.kind === 'tool-call') written.push(callPart(part));
  }
  if (unplaced !== undefined && !signText(written, unplaced)) written.push({ text: '', thoughtSignature: unplaced });
  return written;
}

/** Only what Gemini signed means anything to it; thoughts without a signature it does not want back. */
function ownSignature({ signedBy, signature }: ReasoningPart): string | undefined {
  return signedBy === 'gemini' ? signature : undefined;
}

/**
 * Gives a signature without words to the text it came with: the one before it, or, from clients that keep reasoning apart
 * and hand it back first, the one after.
 */
function signText(parts: readonly JsonObject[], signature: string): boolean {
  const text = parts.findLast((part) => typeof part.text === 'string' && part.thoughtSignature === undefined);
  if (text !== undefined) text.thoughtSignature = signature;
  return text !== undefined;
}

function callPart(part: ToolCallPart): JsonObject {
  const args = callInput(part.arguments);
  return {
    functionCall: { id: part.id, name: part.name, args },
    ...(part.signature === undefined ? {} : { thoughtSignature: part.signature }),
  };
}
