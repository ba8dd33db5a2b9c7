import { expect, it } from 'vitest';
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

it('tools that the caller runs cost nothing beside their tokens', () => {
  const patch = { type: 'custom', name: 'apply_patch' };
  const tools = [patch, { type: 'namespace', name: 'agents', description: '', tools: [{ ...patch, name: 'close' }] }];
  expect(extras({ model: 'm', input: 'Hi', tools })).toBeUndefined();
});
