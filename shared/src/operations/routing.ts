import { z } from 'zod';
import { operation } from '../operation.ts';

const modelName = z.string().trim().min(1).max(200);
const fallbacks = z
  .record(modelName, z.array(modelName).max(20))
  .refine((map) => Object.keys(map).length <= 500, 'has at most 500 models')
  .meta({
    title: 'Fallbacks',
    description: 'For a model, those that are tried next, in order. An empty list means none.',
  });

const sample = { 'gpt-4o': ['claude-3-5-sonnet-20241022', 'gemini-1.5-pro'] };

export const getFallbacks = operation({
  id: 'fallbacks.get',
  method: 'GET',
  path: '/v1/fallbacks',
  group: 'Routing',
  label: 'Get fallbacks',
  description:
    'The workspace’s fallbacks. Models that do not stand here fall back on the same class at the other vendors.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: fallbacks,
  errors: ['forbidden'],
  sample: { input: {}, output: sample },
  wrong: [
    { input: { model: 'gpt-4o' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const setFallbacks = operation({
  id: 'fallbacks.set',
  method: 'PUT',
  path: '/v1/fallbacks',
  group: 'Routing',
  label: 'Set fallbacks',
  description: 'Replaces the workspace’s fallbacks.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: fallbacks,
  output: fallbacks,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found'],
  sample: { input: sample, output: sample },
  wrong: [
    { input: { 'gpt-4o': 'gemini-1.5-pro' }, because: 'fallbacks are a list' },
    { input: [], because: 'it is a map' },
  ],
});
