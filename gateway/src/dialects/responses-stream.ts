import type { AnswerContext, StreamWriter } from './dialect.ts';
import type { FinishReason, JsonObject, StreamEvent, Usage } from './neutral.ts';
import {
  callItem,
  ItemIds,
  messageItem,
  reasoningItem,
  responseObject,
  statusOf,
  textPart,
} from './responses-write.ts';

/** An output item being written. Tool calls may be open side by side; words and thoughts one at a time. */
type Item =
  | {
      kind: 'message';
      id: string;
      index: number;
      part: 'output_text' | 'refusal';
      contentIndex: number;
      text: string;
      content: JsonObject[];
    }
  | { kind: 'reasoning'; id: string; index: number; text: string }
  | { kind: 'call'; id: string; index: number; callId: string; name: string; text: string };

export function responsesStream(context: AnswerContext): StreamWriter {
  const ids = new ItemIds(context.requestId);
  const output: JsonObject[] = [];
  const calls = new Map<number, Extract<Item, { kind: 'call' }>>();
  let sequence = 0;
  let model = context.call.model;
  let finish: FinishReason = 'stop';
  let usage: Usage | undefined;
  let begun = false;
  let open: Extract<Item, { kind: 'message' | 'reasoning' }> | undefined;

  const frame = (type: string, fields: JsonObject): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const snapshot = (status: Parameters<typeof responseObject>[1]['status']): JsonObject =>
    responseObject(context, { model, status, output, usage });

  const begin = (): string => {
    if (begun) return '';
    begun = true;
    const response = snapshot({ status: 'in_progress' });
    return frame('response.created', { response }) + frame('response.in_progress', { response });
  };

  /** Takes the next place in the output; the finished item takes it over. */
  const place = (item: JsonObject): { index: number; frames: string } => {
    const index = output.push(item) - 1;
    return { index, frames: frame('response.output_item.added', { output_index: index, item }) };
  };
  const finishItem = (index: number, item: JsonObject): string => {
    output[index] = item;
    return frame('response.output_item.done', { output_index: index, item });
  };

  const openMessage = (part: 'output_text' | 'refusal'): string => {
    if (open?.kind === 'message' && open.part === part) return '';
    if (open?.kind === 'message') {
      // Words, then a refusal: another part of the same message.
      const closed = closePart(open);
      open = { ...open, part, contentIndex: open.contentIndex + 1, text: '' };
      return closed + partAdded(open);
    }
    const closed = begin() + closeOpen();
    const id = ids.next('msg');
    const { index, frames } = place(messageItem(id, 'in_progress', []));
    open = { kind: 'message', id, index, part, contentIndex: 0, text: '', content: [] };
    return closed + frames + partAdded(open);
  };
  const written = (item: Extract<Item, { kind: 'message' }>): JsonObject =>
    item.part === 'output_text' ? textPart(item.text) : { type: 'refusal', refusal: item.text };
  const where = (item: Extract<Item, { kind: 'message' }>): JsonObject => ({
    item_id: item.id,
    output_index: item.index,
    content_index: item.contentIndex,
  });
  const partAdded = (item: Extract<Item, { kind: 'message' }>): string =>
    frame('response.content_part.added', {
      ...where(item),
      part: item.part === 'output_text' ? textPart('') : { type: 'refusal', refusal: '' },
    });
  const closePart = (item: Extract<Item, { kind: 'message' }>): string => {
    const part = written(item);
    item.content.push(part);
    const done =
      item.part === 'output_text'
        ? frame('response.output_text.done', { ...where(item), text: item.text, logprobs: [] })
        : frame('response.refusal.done', { ...where(item), refusal: item.text });
    return done + frame('response.content_part.done', { ...where(item), part });
  };

  const openReasoning = (): string => {
    if (open?.kind === 'reasoning') return '';
    const closed = begin() + closeOpen();
    const id = ids.next('rs');
    const { index, frames } = place(reasoningItem(id, { text: '' }));
    open = { kind: 'reasoning', id, index, text: '' };
    return closed + frames;
  };
  const closeReasoning = (proof: {
    signature?: string | undefined;
    signedBy?: Extract<StreamEvent, { kind: 'reasoning-end' }>['signedBy'];
    redacted?: string | undefined;
  }): string => {
    if (open?.kind !== 'reasoning') return '';
    const { id, index, text } = open;
    open = undefined;
    const at = { item_id: id, output_index: index, summary_index: 0 };
    const summary =
      text === ''
        ? ''
        : frame('response.reasoning_summary_text.done', { ...at, text }) +
          frame('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
    return summary + finishItem(index, reasoningItem(id, { text, ...proof }));
  };

  const closeOpen = (): string => {
    if (open?.kind === 'reasoning') return closeReasoning({});
    if (open?.kind !== 'message') return '';
    const item = open;
    open = undefined;
    const part = closePart(item);
    return part + finishItem(item.index, messageItem(item.id, 'completed', item.content));
  };

  const startCall = (event: Extract<StreamEvent, { kind: 'tool-call' }>): string => {
    let frames = begin() + closeOpen();
    if (event.signature !== undefined) {
      frames += openReasoning() + closeReasoning({ signature: event.signature, signedBy: 'gemini' });
    }
    const id = ids.next('fc');
    const placed = place(callItem(id, { ...event, arguments: '' }, 'in_progress'));
    calls.set(event.index, { kind: 'call', id, index: placed.index, callId: event.id, name: event.name, text: '' });
    return frames + placed.frames;
  };
  const closeCalls = (): string => {
    let frames = '';
    for (const call of calls.values()) {
      const text = call.text === '' ? '{}' : call.text;
      frames += frame('response.function_call_arguments.done', {
        item_id: call.id,
        output_index: call.index,
        name: call.name,
        arguments: text,
      });
      frames += finishItem(
        call.index,
        callItem(call.id, { id: call.callId, name: call.name, arguments: text }, 'completed'),
      );
    }
    calls.clear();
    return frames;
  };

  const addText = (part: 'output_text' | 'refusal', text: string): string => {
    const opened = openMessage(part);
    if (open?.kind !== 'message') return opened;
    open.text += text;
    const type = part === 'output_text' ? 'response.output_text.delta' : 'response.refusal.delta';
    return opened + frame(type, { ...where(open), delta: text, ...(part === 'output_text' ? { logprobs: [] } : {}) });
  };

  const addThought = (text: string): string => {
    const opened = openReasoning();
    if (open?.kind !== 'reasoning') return opened;
    const at = { item_id: open.id, output_index: open.index, summary_index: 0 };
    const added =
      open.text === ''
        ? frame('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } })
        : '';
    open.text += text;
    return opened + added + frame('response.reasoning_summary_text.delta', { ...at, delta: text });
  };

  const push = (event: StreamEvent): string => {
    switch (event.kind) {
      case 'start':
        model = event.model;
        return begin();
      case 'text':
        return addText('output_text', event.text);
      case 'refusal':
        return addText('refusal', event.text);
      case 'reasoning':
        return addThought(event.text);
      case 'reasoning-end':
        if (event.redacted !== undefined || event.signature !== undefined)
          return openReasoning() + closeReasoning(event);
        return closeReasoning({});
      case 'tool-call':
        return startCall(event);
      case 'tool-arguments': {
        const call = calls.get(event.index);
        if (call === undefined) return '';
        call.text += event.text;
        return frame('response.function_call_arguments.delta', {
          item_id: call.id,
          output_index: call.index,
          delta: event.text,
        });
      }
      case 'finish':
        finish = event.reason;
        return '';
      case 'usage':
        usage = event.usage;
        return '';
      case 'error':
        return '';
    }
  };
  return {
    push,
    end() {
      const frames = begin() + closeOpen() + closeCalls();
      const status = statusOf(finish);
      const response = snapshot(status);
      return {
        frames,
        last: frame(status.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response }),
      };
    },
  };
}
