import { expect, it } from 'vitest';
import { messages } from '../dialects/messages.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { responses } from '../dialects/responses.ts';
import { extrasOf, toolUsesMax } from './call-extras.ts';

const extras = (json: JsonObject) => extrasOf(responses.read(json), json);

it('a search of the vendor counts, wherever in the request it is offered', () => {
  const tools = [{ type: 'web_search' }];
  const input = [
    { type: 'additional_tools', role: 'developer', tools },
    { role: 'user', content: 'Hi' },
  ];
  expect(extras({ model: 'm', input: 'Hi', tools })?.webSearches).toBe(toolUsesMax);
  expect(extras({ model: 'm', input })?.webSearches).toBe(toolUsesMax);
});

it('a tool that a turn of the system adds counts as any other', () => {
  const added = (definition: JsonObject) => {
    const content = [{ type: 'tool_addition', tool: { type: 'tool_definition', definition } }];
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'system', content },
    ];
    const json = { model: 'm', max_tokens: 9, messages: turns };
    return extrasOf(messages.read(json), json);
  };
  const search = { type: 'web_search_20250305', name: 'web_search' };
  expect(added(search)?.webSearches).toBe(toolUsesMax);
  expect(added({ ...search, max_uses: 3 })?.webSearches).toBe(3);
  expect(added({ type: 'code_execution_20250825', name: 'run' })?.unpriced).toEqual(['code_execution_20250825']);
});

it('tools that the caller runs cost nothing beside their tokens', () => {
  const patch = { type: 'custom', name: 'apply_patch' };
  const tools = [patch, { type: 'namespace', name: 'agents', description: '', tools: [{ ...patch, name: 'close' }] }];
  expect(extras({ model: 'm', input: 'Hi', tools })).toBeUndefined();
});

it('a summary of the conversation, which Anthropic bills beside the answer, is held in both of its forms, and no other edit is', () => {
  const asked = (more: JsonObject) => {
    const json = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...more };
    return extrasOf(messages.read(json), json)?.compacts;
  };
  expect(asked({ context_management: { edits: [{ type: 'compact_20260112' }] } })).toBe(true);
  expect(asked({ compaction: { type: 'summarize' } })).toBe(true);
  expect(asked({ context_management: { edits: [{ type: 'clear_thinking_20251015' }] } })).toBeUndefined();
});
