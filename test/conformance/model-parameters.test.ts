import type { Vendor } from '@ai-gateway/shared/provider-kinds';
import { describe, expect, it } from 'vitest';
import { relayBody } from '../../gateway/src/calls/relay-body.ts';
import { chat } from '../../gateway/src/dialects/chat.ts';
import type { Dialect } from '../../gateway/src/dialects/dialect.ts';
import { outlineJson } from '../../gateway/src/dialects/json-outline.ts';
import { messages } from '../../gateway/src/dialects/messages.ts';
import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { responses } from '../../gateway/src/dialects/responses.ts';
import { listModels } from '../../gateway/src/models/catalog.ts';
import type { Target } from '../../gateway/src/providers/adapter.ts';
import { providerOf } from '../../gateway/src/providers/providers.ts';
import { translateCall } from '../../gateway/src/providers/translated-call.ts';
import { fakeAnthropic } from '../support/fakes/fake-anthropic.ts';
import { fakeGemini } from '../support/fakes/fake-gemini.ts';
import { fakeMistral } from '../support/fakes/fake-mistral.ts';
import { fakeOpenAi } from '../support/fakes/fake-openai.ts';

/**
 * Every model of the vendors, in each dialect, with each parameter: the body that goes out is one its vendor takes. The fakes
 * judge by rules of their own, taken from the vendors' pages and errors. A parameter that cannot be honoured is named, and never
 * sent or hidden.
 */
const key = 'sk-x';
const judges = {
  openai: fakeOpenAi(key),
  anthropic: fakeAnthropic(key),
  gemini: fakeGemini(key),
  mistral: fakeMistral(key),
};

const hello = [{ role: 'user', content: 'Hi' }];
const parameters = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};
const schema = { name: 'x', schema: parameters, strict: true };
const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

const chatTools = [{ type: 'function', function: { name: 'f', parameters } }];
const chatParameters: JsonObject[] = [
  {},
  { temperature: 0.2 },
  { top_p: 0.5 },
  { temperature: 0.2, top_p: 0.5 },
  { max_tokens: 900_000 },
  { max_completion_tokens: 900_000 },
  { max_tokens: 5, max_completion_tokens: 7 },
  { stop: ['x'] },
  { n: 2 },
  { seed: 4 },
  { presence_penalty: 1, frequency_penalty: -1 },
  { logprobs: true, top_logprobs: 2 },
  { logit_bias: { 1: 1 } },
  { verbosity: 'low' },
  { user: 'u'.repeat(64) },
  { prediction: { type: 'content', content: 'x' } },
  { web_search_options: {} },
  { parallel_tool_calls: false, tools: chatTools },
  { tools: chatTools, tool_choice: 'required' },
  { response_format: { type: 'json_schema', json_schema: schema } },
  { store: false },
  ...efforts.flatMap((reasoning_effort) => [
    { reasoning_effort },
    { reasoning_effort, temperature: 0.2, top_p: 0.97 },
    { reasoning_effort, tools: chatTools, max_tokens: 3_000 },
    { reasoning_effort, tools: chatTools, tool_choice: 'required' },
  ]),
];

const messagesTools = [{ name: 'f', input_schema: parameters }];
const messagesParameters: JsonObject[] = [
  {},
  { temperature: 0.2 },
  { top_p: 0.5 },
  { top_k: 5 },
  { temperature: 0.2, top_p: 0.5 },
  { max_tokens: 900_000 },
  { max_tokens: 5 },
  { stop_sequences: ['x'] },
  { metadata: { user_id: 'u'.repeat(120) } },
  { tools: messagesTools, tool_choice: { type: 'any' } },
  { tools: messagesTools, tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true } },
  { messages: [...hello, { role: 'assistant', content: 'So' }] },
  { output_config: { format: { type: 'json_schema', schema: parameters } } },
  ...efforts.map((effort) => ({ output_config: { effort } })),
  ...[
    { type: 'enabled', budget_tokens: 1_024 },
    { type: 'enabled', budget_tokens: 40_000 },
    { type: 'adaptive' },
    { type: 'disabled' },
    { type: 'between_tools' },
  ].flatMap((thinking) => [
    { thinking, max_tokens: 60_000 },
    { thinking, max_tokens: 60_000, temperature: 0.2 },
    { thinking, max_tokens: 60_000, top_p: 0.5, top_k: 3 },
    { thinking, max_tokens: 60_000, tools: messagesTools, tool_choice: { type: 'any' } },
    ...efforts.map((effort) => ({ thinking, max_tokens: 60_000, output_config: { effort } })),
  ]),
];

const responsesTools = [{ type: 'function', name: 'f', parameters, strict: true }];
const responsesParameters: JsonObject[] = [
  {},
  { temperature: 0.2 },
  { top_p: 0.5 },
  { max_output_tokens: 900_000 },
  { top_logprobs: 2 },
  { include: ['message.output_text.logprobs'] },
  { include: ['reasoning.encrypted_content'], store: false },
  { text: { verbosity: 'low' } },
  { text: { format: { type: 'json_schema', ...schema } } },
  { reasoning: { summary: 'auto' } },
  { tools: responsesTools, tool_choice: 'required', parallel_tool_calls: false },
  { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }, ...hello] },
  ...efforts.flatMap((effort) => [
    { reasoning: { effort } },
    { reasoning: { effort, summary: 'auto' }, tools: responsesTools, temperature: 0.2 },
  ]),
];

const forms: { dialect: Dialect; base: JsonObject; list: JsonObject[] }[] = [
  { dialect: chat, base: { messages: hello }, list: chatParameters },
  { dialect: messages, base: { messages: hello, max_tokens: 500 }, list: messagesParameters },
  { dialect: responses, base: { input: 'Hi' }, list: responsesParameters },
];

const baseUrls: Record<Vendor, string> = {
  openai: 'https://vendor.example/v1',
  anthropic: 'https://vendor.example',
  gemini: 'https://vendor.example',
  mistral: 'https://vendor.example/v1',
};

/** The request that goes out, and its vendor's answer. */
function refusalOf(dialect: Dialect, { vendor, model }: { vendor: Vendor; model: string }, body: JsonObject): unknown {
  const bytes = Buffer.from(JSON.stringify({ model, ...body }));
  const json = JSON.parse(bytes.toString()) as JsonObject;
  const call = dialect.read(json);
  const target: Target = { kind: vendor, provider: vendor, baseUrl: baseUrls[vendor], apiKey: key, model };
  const adapter = providerOf(vendor).adapterFor(call, model);
  const outgoing = adapter.native.includes(dialect.id)
    ? {
        ...adapter.relay(dialect.id, target),
        ...relayBody({ body: bytes, outline: outlineJson(bytes), json, call, model, kind: vendor }),
      }
    : translateCall(adapter, call, target).request;
  const sent = JSON.parse(outgoing.body.toString()) as JsonObject;
  const { pathname, search } = new URL(outgoing.url);
  const request = { method: 'POST', path: pathname + search, headers: outgoing.headers, json: sent, aborted: false };
  const refusal = judges[vendor].refuse(request);
  return refusal === undefined ? undefined : { asked: body, sent, refusal: refusal.body };
}

/** Beside the catalogue: names it does not list, and an unknown one. */
const others: { vendor: Vendor; id: string }[] = [
  ...'gpt-5-chat-latest gpt-5.2-chat-latest gpt-5-codex gpt-5.1-codex-max o4-mini-2025-04-16 gpt-4o-mini-search-preview gpt-7'
    .split(' ')
    .map((id) => ({ vendor: 'openai' as const, id })),
  ...'claude-sonnet-5-5 claude-opus-4-20250514 claude-haiku-4-5-20251001'
    .split(' ')
    .map((id) => ({ vendor: 'anthropic' as const, id })),
];

/** As of a day before any of them retired: a name may still be served by an account with an agreement of its own. */
const listed = listModels(new Date('2024-01-01')).map(({ vendor, id }) => ({ vendor, id }));

describe.each([...listed, ...others])('$id', ({ vendor, id }) => {
  it.each(forms)('takes every parameter of $dialect.id, or gets the call without it', ({ dialect, base, list }) => {
    const refused = list.flatMap((more) => refusalOf(dialect, { vendor, model: id }, { ...base, ...more }) ?? []);
    expect(refused).toEqual([]);
  });
});
