import { expect, it } from 'vitest';
import type { JsonObject } from './neutral.ts';
import { responses } from './responses.ts';

const read = (input: readonly JsonObject[], more: JsonObject = {}) => responses.read({ model: 'm', input, ...more });
const hi = { role: 'user', content: 'Hi' };
const update = (more: JsonObject) => ({ type: 'configuration_update', ...more });

// "The reasoning effort to use for subsequent responses until another configuration update replaces it"
// (`ResponseConfigurationUpdateItemParam` of openai 7.59.0).
it('an item that changes the effort is heeded for every provider, and the last one counts', () => {
  const input = [hi, update({ reasoning: { effort: 'low' } }), hi, update({ reasoning: { effort: 'high' } }), hi];
  const call = read(input, { reasoning: { effort: 'medium', summary: 'auto' } });
  expect(call.reasoning).toEqual({ effort: 'high', visible: true });
  expect(call.onlyNative).toEqual([]);
  expect(call.messages).toHaveLength(3);
});

it('an item that changes the format takes the place of the format of the request', () => {
  const format = { type: 'json_schema', name: 'answer', schema: { type: 'object' } };
  const changed = read([update({ text: { format } }), hi]);
  expect(changed.output).toEqual({ kind: 'json-schema', name: 'answer', schema: { type: 'object' } });
  const back = read([update({ text: { format: { type: 'text' } } }), hi], { text: { format } });
  expect(back.output).toEqual({ kind: 'text' });
});

it('an item that changes something else leaves the effort and the format as they are', () => {
  const format = { type: 'json_schema', name: 'answer', schema: { type: 'object' } };
  const more = { text: { format }, reasoning: { effort: 'low' } };
  const schema = { kind: 'json-schema', name: 'answer', schema: { type: 'object' } };
  const others = update({ text: { verbosity: 'low' }, reasoning: { summary: 'auto' } });
  const ofRequest = read([others, hi], more);
  expect([ofRequest.output, ofRequest.reasoning]).toEqual([schema, { effort: 'low' }]);
  const ofItem = read([update(more), hi, others, hi], { reasoning: { effort: 'high' } });
  expect([ofItem.output, ofItem.reasoning]).toEqual([schema, { effort: 'low' }]);
});

it('an item that is wrong is named with its position', () => {
  expect(() => read([hi, update({ reasoning: { effort: 'huge' } })])).toThrow('input[1].reasoning.effort');
  expect(() => read([hi, update({ text: { format: { type: 'xml' } } })])).toThrow('input[1].text.format.type');
});

// `call_id?: string | null` and `name?: string | null` (`ResponseInputItem.FunctionCallOutput` of openai 7.59.0).
it('a result that names its tool and no call is for OpenAI alone', () => {
  const output = { type: 'function_call_output', name: 'watch', output: 'It rains.' };
  expect(read([hi, output]).onlyNative).toEqual(['function_call_output']);
  expect(() => read([hi, { type: 'function_call_output', output: 'It rains.' }])).toThrow('input[1].call_id');
});

it('what OpenAI alone knows of reasoning is named where it is lost, but for its defaults', () => {
  expect(read([hi], { reasoning: { mode: 'pro', context: 'all_turns' } }).extra).toEqual({
    'reasoning.mode': 'pro',
    'reasoning.context': 'all_turns',
  });
  expect(read([hi], { reasoning: { effort: 'low', mode: 'standard', context: 'auto' } }).extra).toEqual({});
});
