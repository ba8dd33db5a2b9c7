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
