import { describe, expect, it } from 'vitest';
import { chat } from '../../dialects/chat.ts';
import type { NeutralCall } from '../../dialects/neutral.ts';
import { messageStreamReader, readMessage } from './anthropic-answer.ts';

const explanation = 'This request touches on dangerous lab methods.';
const usage = { input_tokens: 9, output_tokens: 1 };

function message(content: unknown[], stopDetails: unknown): unknown {
  return {
    type: 'message',
    id: 'msg_1',
    model: 'claude-sonnet-4-5',
    content,
    stop_reason: 'refusal',
    stop_details: stopDetails,
    usage,
  };
}

const context = {
  requestId: 'req_1',
  createdAtMs: 0,
  call: chat.read({ model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'hi' }] }) as NeutralCall,
};
const half = { type: 'text', text: 'First take' };
const refusal = { type: 'refusal', category: 'bio', explanation };

/** The answer that a chat caller gets, plain and streamed. */
function chatOf(content: (typeof half)[], stopDetails: unknown) {
  const plain = chat.answer(readMessage(message(content, stopDetails)), context) as {
    choices: { message: { content: string | null; refusal: string | null }; finish_reason: string }[];
  };
  const reader = messageStreamReader();
  const writer = chat.stream(context);
  const frames = [
    { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-4-5', usage } },
    ...content.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index, delta: { type: 'text_delta', text: block.text } },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details: stopDetails }, usage },
    { type: 'message_stop' },
  ];
  const events = frames.flatMap((frame) => reader.push({ event: frame.type, data: JSON.stringify(frame) }));
  const text = [...events, ...reader.end().events].map((event) => writer.push(event)).join('') + writer.end().frames;
  const deltas = text
    .split('\n\n')
    .filter((line) => line !== '')
    .map(
      (line) =>
        JSON.parse(line.slice(6)).choices[0] as {
          delta: { content?: string; refusal?: string | null };
          finish_reason: string | null;
        },
    );
  const [choice] = plain.choices;
  return {
    plain: { content: choice?.message.content, refusal: choice?.message.refusal, finish: choice?.finish_reason },
    streamed: {
      content: deltas.map(({ delta }) => delta.content ?? '').join(''),
      refusal: deltas.map(({ delta }) => delta.refusal ?? '').join(''),
      finish: deltas.findLast(({ finish_reason }) => finish_reason !== null)?.finish_reason,
    },
  };
}

describe("a refusal of Claude's, for a chat caller", () => {
  it('says why, where Claude does', () => {
    expect(chatOf([], refusal)).toEqual({
      plain: { content: null, refusal: explanation, finish: 'stop' },
      streamed: { content: '', refusal: explanation, finish: 'stop' },
    });
  });

  it.each([
    { title: 'nothing', content: [], text: '' },
    { title: 'half an answer', content: [half], text: half.text },
  ])('is no success where Claude says $title', ({ content, text }) => {
    expect(chatOf(content, null)).toEqual({
      plain: { content: text, refusal: null, finish: 'content_filter' },
      streamed: { content: text, refusal: '', finish: 'content_filter' },
    });
  });
});

describe('an answer that announces a tool call and carries none', () => {
  const announced = (content: unknown[]) => ({
    type: 'message',
    id: 'msg_1',
    model: 'claude-sonnet-4-5',
    content,
    stop_reason: 'tool_use',
    usage,
  });
  const streamed = (content: { type: string; text?: string }[]) => {
    const reader = messageStreamReader();
    const frames = [
      { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-4-5', usage } },
      ...content.flatMap((block, index) => [
        { type: 'content_block_start', index, content_block: block },
        { type: 'content_block_stop', index },
      ]),
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage },
      { type: 'message_stop' },
    ];
    const events = frames.flatMap((frame) => reader.push({ event: frame.type, data: JSON.stringify(frame) }));
    return [...events, ...reader.end().events];
  };

  it.each([[[]], [[{ type: 'thinking', thinking: 'I look it up.' }]], [[{ type: 'text', text: '' }]]])(
    'is a failure, plain and streamed, when it says nothing else: %j',
    (content) => {
      expect(() => readMessage(announced(content))).toThrow('gave no call');
      expect(streamed(content).at(-1)).toEqual({ kind: 'error', message: expect.stringContaining('gave no call') });
    },
  );

  it('is an answer when it has words', () => {
    const content = [{ type: 'text', text: 'Done.' }];
    expect(readMessage(announced(content)).finish).toBe('stop');
    expect(streamed(content).at(-1)).toEqual({ kind: 'finish', reason: 'stop' });
  });
});
