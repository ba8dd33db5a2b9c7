import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { openai } from '../../gateway/src/providers/openai/openai.ts';
import { openAiResponses } from '../../gateway/src/providers/openai/openai-responses.ts';
import { fakeOpenAi } from './fakes/fake-openai.ts';
import { callsOf, cut, events, type Said, type SpokenVendor, spokenKey, type Turn, textOf } from './spoken-turns.ts';

const chatUsage = {
  prompt_tokens: 5,
  completion_tokens: 7,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 2 },
};
const chatHead = { id: 'chatcmpl-1', created: 1, model: 'gpt-4o' };

function finishOf(turn: Turn): string {
  if (turn.ending !== 'usual') return { length: 'length', filtered: 'content_filter' }[turn.ending];
  return callsOf(turn).length > 0 ? 'tool_calls' : 'stop';
}

export const chatOpenAi: SpokenVendor = {
  name: 'openai',
  adapter: openai.adapter,
  model: 'gpt-4o',
  vendor: fakeOpenAi(spokenKey),
  path: '/v1/chat/completions',
  hasOrder: false,
  plain: (turn) => {
    const calls = callsOf(turn).map(({ id, name, input: args }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
    }));
    const message = {
      role: 'assistant',
      content: textOf(turn) || null,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    const choice = { index: 0, message, finish_reason: finishOf(turn) };
    return { ...chatHead, object: 'chat.completion', choices: [choice], usage: chatUsage };
  },
  stream: (turn) => {
    const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
      ...chatHead,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const calls = callsOf(turn);
    return `${events([
      chunk({ role: 'assistant', content: textOf(turn) === '' ? null : '' }),
      ...cut(textOf(turn), turn.pieces).map((content) => chunk({ content })),
      ...calls.flatMap(({ id, name, input: args }, index) => [
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
        ...cut(JSON.stringify(args), turn.pieces).map((text) =>
          chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
        ),
      ]),
      chunk({}, finishOf(turn)),
      { ...chatHead, object: 'chat.completion.chunk', choices: [], usage: chatUsage },
    ])}data: [DONE]\n\n`;
  },
  history: ({ messages }) =>
    (messages as JsonObject[])
      .filter(({ role }) => role === 'assistant')
      .map(({ content, tool_calls: calls = [] }) => ({
        content: Array.isArray(content) ? content.map(({ text }: JsonObject) => text).join('') : (content ?? null),
        calls: (calls as { id: string; function: JsonObject }[]).map(({ id, function: fn }) => [
          id,
          fn.name,
          JSON.parse(String(fn.arguments)),
        ]),
      })),
  expected: (turn) => [
    { content: textOf(turn) || null, calls: callsOf(turn).map(({ id, name, input: args }) => [id, name, args]) },
  ],
};

const responseUsage = {
  input_tokens: 5,
  input_tokens_details: { cached_tokens: 3 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 12,
};
const responseHead = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5-pro' };

function responseItem(said: Said, i: number): JsonObject {
  switch (said.kind) {
    case 'text': {
      const part = { type: 'output_text', text: said.text, annotations: [], logprobs: [] };
      return { id: `msg_${i}`, type: 'message', role: 'assistant', status: 'completed', content: [part] };
    }
    case 'thought': {
      const summary = [{ type: 'summary_text', text: said.text }];
      return { id: `rs_${i}`, type: 'reasoning', summary, encrypted_content: said.proof };
    }
    case 'sealed':
      return { id: `rs_${i}`, type: 'reasoning', summary: [], encrypted_content: said.proof };
    case 'call': {
      const call = { call_id: said.id, name: said.name, arguments: JSON.stringify(said.input) };
      return { id: `fc_${i}`, type: 'function_call', status: 'completed', ...call };
    }
  }
}

function responseEvents(said: Said, index: number, pieces: number): JsonObject[] {
  const item = responseItem(said, index);
  const place = { output_index: index, item_id: item.id };
  const begun = {
    text: { content: [] },
    thought: { summary: [], encrypted_content: undefined },
    sealed: { encrypted_content: undefined },
    call: { arguments: '' },
  }[said.kind];
  const deltas = {
    text: { type: 'response.output_text.delta', content_index: 0, logprobs: [] },
    thought: { type: 'response.reasoning_summary_text.delta', summary_index: 0 },
    sealed: {},
    call: { type: 'response.function_call_arguments.delta' },
  }[said.kind];
  const content = said.kind === 'sealed' ? '' : said.kind === 'call' ? JSON.stringify(said.input) : said.text;
  return [
    { type: 'response.output_item.added', output_index: index, item: { ...item, ...begun } },
    ...cut(content, pieces).map((delta) => ({ ...deltas, ...place, delta })),
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

function wholeResponse({ said, ending }: Pick<Turn, 'said' | 'ending'>): JsonObject {
  return {
    ...responseHead,
    ...(ending === 'usual'
      ? { status: 'completed' }
      : {
          status: 'incomplete',
          incomplete_details: { reason: ending === 'length' ? 'max_output_tokens' : 'content_filter' },
        }),
    output: said.map(responseItem),
    usage: responseUsage,
  };
}

export const responsesOpenAi: SpokenVendor = {
  name: 'openai, by /v1/responses',
  adapter: openAiResponses,
  model: 'gpt-5-pro',
  vendor: fakeOpenAi(spokenKey),
  path: '/v1/responses',
  hasOrder: true,
  plain: wholeResponse,
  stream: ({ said, pieces, ending }) => {
    const begun = { ...responseHead, status: 'in_progress', output: [] };
    return events([
      { type: 'response.created', response: begun },
      ...said.flatMap((item, index) => responseEvents(item, index, pieces)),
      {
        type: ending === 'usual' ? 'response.completed' : 'response.incomplete',
        response: wholeResponse({ said, ending }),
      },
    ]);
  },
  history: ({ input }) =>
    (input as JsonObject[]).flatMap((item): unknown[] => {
      if (item.type === 'message')
        return item.role === 'assistant' ? (item.content as JsonObject[]).map(({ text }) => ({ text })) : [];
      if (item.type === 'reasoning') return [{ summary: item.summary, proof: item.encrypted_content }];
      if (item.type !== 'function_call') return [];
      return [{ id: item.call_id, name: item.name, input: JSON.parse(String(item.arguments)) }];
    }),
  expected: ({ said }) =>
    said.map((item) => {
      if (item.kind === 'text') return { text: item.text };
      if (item.kind === 'call') return { id: item.id, name: item.name, input: item.input };
      return {
        summary: item.kind === 'thought' ? [{ type: 'summary_text', text: item.text }] : [],
        proof: item.proof,
      };
    }),
};
