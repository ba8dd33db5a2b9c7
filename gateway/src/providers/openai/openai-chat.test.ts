import { describe, expect, it } from 'vitest';
import { chat } from '../../dialects/chat.ts';
import { messages } from '../../dialects/messages.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import type { Adapter } from '../adapter.ts';
import { openAiChat } from './openai-chat.ts';
import { needsResponses } from './openai-model.ts';
import { openAiResponses } from './openai-responses.ts';

/** The request to OpenAI of a call in Anthropic's dialect. */
function translated(body: JsonObject, model = 'gpt-4o'): { body: JsonObject; dropped: readonly string[] } {
  const call = messages.read({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...body });
  const { body: sent, dropped } = openAiChat.request(call, {
    kind: 'openai',
    provider: 'openai',
    baseUrl: 'https://vendor.example/v1',
    apiKey: 'k',
    model,
  });
  return { body: JSON.parse(sent) as JsonObject, dropped };
}

describe('a call of a Claude client, for OpenAI', () => {
  it("keeps people apart whose ids are longer than OpenAI's may be", () => {
    const userOf = (id: string) => translated({ metadata: { user_id: id } }).body.user;
    expect(userOf('u'.repeat(64))).toBe('u'.repeat(64));
    const [one, other] = [userOf(`${'u'.repeat(150)}1`), userOf(`${'u'.repeat(150)}2`)];
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(other).not.toBe(one);
    expect(userOf(`${'u'.repeat(150)}1`)).toBe(one);
  });

  it('names the properties of a tool without arguments: none', () => {
    const { body } = translated({ tools: [{ name: 'ping', input_schema: { type: 'object' } }] });
    expect(body.tools).toMatchObject([{ function: { name: 'ping', parameters: { type: 'object', properties: {} } } }]);
  });

  it('asks for no longer an answer than the model has', () => {
    expect(translated({ max_tokens: 32_000 }).body.max_completion_tokens).toBe(16_384);
    expect(translated({ max_tokens: 32_000 }, 'gpt-5').body.max_completion_tokens).toBe(32_000);
  });

  it('is strict only where every property is required, and says so of tools', () => {
    const schema = (required: string[]) => ({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required,
      additionalProperties: false,
    });
    const strictOf = (required: string[]) => {
      const { body, dropped } = translated({
        tools: [{ name: 't', strict: true, input_schema: schema(required) }],
        output_config: { format: { type: 'json_schema', schema: schema(required) } },
      });
      const [tool] = body.tools as { function: JsonObject }[];
      return [tool?.function.strict, (body.response_format as { json_schema: JsonObject }).json_schema.strict, dropped];
    };
    expect(strictOf(['a', 'b'])).toEqual([true, true, []]);
    expect(strictOf(['a'])).toEqual([undefined, undefined, ['tools.strict']]);
  });

  it('lets no turn of the system come between a call of a tool and its result', () => {
    const use = (id: string) => ({ type: 'tool_use', id, name: 't', input: {} });
    const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'Done' });
    const brief = { role: 'system', content: 'Be brief.' };
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [use('a'), use('b')] },
      brief,
      { role: 'user', content: [result('a'), result('b'), { type: 'text', text: 'Go on' }] },
      brief,
    ];
    const { body } = translated({ messages: turns });
    const roles = (body.messages as JsonObject[]).map(({ role }) => role);
    expect(roles).toEqual(['user', 'assistant', 'tool', 'tool', 'system', 'user', 'system']);
  });

  it('shows the pictures and files of all results of a turn behind the last of them', () => {
    const source = (media_type: string) => ({ type: 'base64', media_type, data: 'QUJD' });
    const use = (id: string) => ({ type: 'tool_use', id, name: 't', input: {} });
    const { body, dropped } = translated({
      messages: [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', content: [use('a'), use('b')] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'image', source: source('image/png') }] },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'b',
              content: [{ type: 'document', source: source('application/pdf') }],
            },
            { type: 'text', text: 'Well?' },
          ],
        },
      ],
    });
    expect((body.messages as JsonObject[]).slice(2)).toMatchObject([
      { role: 'tool', tool_call_id: 'a' },
      { role: 'tool', tool_call_id: 'b' },
      { role: 'user', content: [{ type: 'image_url' }, { type: 'file' }] },
      { role: 'user', content: 'Well?' },
    ]);
    expect(dropped).toEqual([]);
  });

  it('does not tell an o model how many calls to make at once, and says so', () => {
    const asking = {
      tools: [{ name: 't', input_schema: { type: 'object' } }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    };
    expect(translated(asking).body.parallel_tool_calls).toBe(false);
    const { body, dropped } = translated(asking, 'o4-mini');
    expect(body).not.toHaveProperty('parallel_tool_calls');
    expect(dropped).toEqual(['tool_choice.disable_parallel_tool_use']);
  });

  it.each([
    ['o3', 'max', 'high'],
    ['gpt-5-mini', 'max', 'high'],
    ['gpt-5-mini', 'low', 'low'],
    ['gpt-5.1', 'xhigh', 'high'],
    ['gpt-5.2', 'max', 'xhigh'],
    ['gpt-5-codex', 'xhigh', 'high'],
  ])('%s, asked to think as hard as %s, thinks as hard as %s', (model, effort, said) => {
    expect(translated({ output_config: { effort } }, model).body.reasoning_effort).toBe(said);
  });

  it.each([
    ['o3', 'low'],
    ['gpt-5', 'minimal'],
    ['gpt-5.1', 'none'],
    ['gpt-5-codex', 'low'],
  ])('%s, asked not to think, thinks as little as it can: %s', (model, said) => {
    expect(translated({ thinking: { type: 'disabled' } }, model).body.reasoning_effort).toBe(said);
  });
});

describe("OpenAI's service tiers", () => {
  const sent = (adapter: Pick<Adapter, 'request'>, tier: string) => {
    const call = chat.read({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], service_tier: tier });
    const target = { provider: 'openai', baseUrl: 'https://a.test/v1', apiKey: 'k', model: 'gpt-5.6-sol' };
    const { body, dropped } = adapter.request(call, { ...target, kind: 'openai' });
    return { tier: (JSON.parse(body) as JsonObject).service_tier, dropped };
  };

  it.each(['flex', 'priority', 'fast', 'scale'])('"%s" is known to both endpoints', (tier) => {
    expect(sent(openAiResponses, tier)).toEqual({ tier, dropped: [] });
    expect(sent({ request: openAiChat.request }, tier).tier).toBe(tier);
  });

  it('"ultrafast" is known to /v1/responses alone', () => {
    expect(sent(openAiResponses, 'ultrafast')).toEqual({ tier: 'ultrafast', dropped: [] });
    expect(sent({ request: openAiChat.request }, 'ultrafast')).toEqual({ tier: undefined, dropped: ['service_tier'] });
  });
});

// `ResponsesModel` of openai 7.59.0 without `ChatModel`.
it.each(['gpt-5.5-pro', 'gpt-6-cyber', 'gpt-daybreak-red-latest', 'gpt-rosalind-research', 'gpt-6.2-astra-law'])(
  '%s is asked on /v1/responses, as it is served nowhere else',
  (model) => {
    expect(needsResponses({ tools: [] }, model)).toBe(true);
  },
);

it.each(['gpt-6.2-astra', 'gpt-6.2-sol', 'gpt-6.1-terra'])('%s is asked on either endpoint', (model) => {
  expect(needsResponses({ tools: [] }, model)).toBe(false);
});
