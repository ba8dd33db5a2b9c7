import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { anthropic } from '../../gateway/src/providers/anthropic/anthropic.ts';
import { fakeAnthropic } from './fakes/fake-anthropic.ts';
import { callsOf, cut, events, type Said, type SpokenVendor, spokenKey, type Turn } from './spoken-turns.ts';

function claudeBlock(said: Said): JsonObject {
  switch (said.kind) {
    case 'text':
      return { type: 'text', text: said.text };
    case 'thought':
      return { type: 'thinking', thinking: said.text, signature: said.proof };
    case 'sealed':
      return { type: 'redacted_thinking', data: said.proof };
    case 'call':
      return { type: 'tool_use', id: said.id, name: said.name, input: said.input };
  }
}

function claudeEvents(said: Said, index: number, pieces: number): JsonObject[] {
  const delta = (change: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: change });
  const block = (content: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
    { type: 'content_block_start', index, content_block: content },
    ...deltas,
    { type: 'content_block_stop', index },
  ];
  switch (said.kind) {
    case 'text':
      return block(
        { type: 'text', text: '' },
        ...cut(said.text, pieces).map((text) => delta({ type: 'text_delta', text })),
      );
    case 'thought':
      return block(
        { type: 'thinking', thinking: '', signature: '' },
        ...cut(said.text, pieces).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: said.proof }),
      );
    case 'sealed':
      return block({ type: 'redacted_thinking', data: said.proof });
    case 'call':
      return block(
        { type: 'tool_use', id: said.id, name: said.name, input: {} },
        ...cut(JSON.stringify(said.input), pieces).map((json) =>
          delta({ type: 'input_json_delta', partial_json: json }),
        ),
      );
  }
}

function stopOf(turn: Turn): string {
  if (turn.ending !== 'usual') return { length: 'max_tokens', filtered: 'refusal' }[turn.ending];
  return callsOf(turn).length > 0 ? 'tool_use' : 'end_turn';
}

export const claude: SpokenVendor = {
  name: 'anthropic',
  adapter: anthropic.adapter,
  model: 'claude-sonnet-4-6',
  vendor: fakeAnthropic(spokenKey),
  path: '/v1/messages',
  hasOrder: true,
  plain: (turn) => ({
    ...claudeMessage,
    content: turn.said.map(claudeBlock),
    stop_reason: stopOf(turn),
    usage: {
      input_tokens: 5,
      cache_read_input_tokens: 3,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 2 },
    },
  }),
  stream: (turn) =>
    events([
      {
        type: 'message_start',
        message: { ...claudeMessage, usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 } },
      },
      ...turn.said.flatMap((said, index) => claudeEvents(said, index, turn.pieces)),
      {
        type: 'message_delta',
        delta: { stop_reason: stopOf(turn), stop_sequence: null },
        usage: { output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } },
      },
      { type: 'message_stop' },
    ]),
  history: ({ messages }) =>
    (messages as JsonObject[]).flatMap(({ role, content }) => (role === 'assistant' ? content : [])),
  expected: ({ said }) => said.map(claudeBlock),
};
const claudeMessage = { id: 'msg_1', type: 'message', role: 'assistant', model: claude.model, content: [] };
