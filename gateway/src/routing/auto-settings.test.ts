import { expect, it } from 'vitest';
import { autoFor, usualAuto } from './auto-settings.ts';

const judge = { model: 'openai/gpt-6-sol', rubric: 'As polite.' };
const settings = { ...usualAuto, learning: { ...usualAuto.learning, judge } };
const judgeFor = (client: (typeof usualAuto)['per_client'][string]) =>
  autoFor({ ...settings, per_client: { acme: client } }, 'acme').learning.judge;

it('a client whose models are limited is read by no judge outside of them, unless its own settings name one', () => {
  expect(judgeFor({ dial: 'cost' })).toEqual(judge);
  expect(judgeFor({ allowed_models: ['claude-haiku-4-5', 'claude-sonnet-5'] })).toBe('agreement');
  expect(judgeFor({ allowed_models: ['claude-haiku-4-5', 'gpt-6-sol'] })).toEqual(judge);
  const own = { model: 'claude-opus-5-5', rubric: 'As short.' };
  expect(judgeFor({ allowed_models: ['claude-haiku-4-5'], learning: { judge: own } })).toEqual(own);
  expect(judgeFor({ allowed_models: ['claude-haiku-4-5'], learning: { judge: 'feedback' } })).toBe('feedback');
});

it.each([
  ['gpt-6-sol', 'azure-eu/gpt-6-sol'],
  ['openrouter/openai/gpt-6-sol', 'openai/gpt-6-sol'],
  ['openrouter/openai/gpt-6-sol', 'gpt-6-sol'],
])('the judge %s does not read a client that is limited to %s, which may be served elsewhere', (model, allowed) => {
  const named = { ...settings, learning: { ...settings.learning, judge: { ...judge, model } } };
  const client = { allowed_models: [allowed] };
  expect(autoFor({ ...named, per_client: { acme: client } }, 'acme').learning.judge).toBe('agreement');
});
