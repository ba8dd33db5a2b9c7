import { pino } from 'pino';
import { expect, test } from 'vitest';
import { UnknownModels } from './unknown-models.ts';

const hourMs = 3_600_000;

test('a provider is asked for a model it did not know after an hour, also where the clock was set back', () => {
  let nowMs = 100 * hourMs;
  const models = new UnknownModels({ now: () => nowMs, log: pino({ level: 'silent' }) });
  const note = (): void => models.note({ provider: 'openai', account: 'acc_1', model: 'gpt-9', message: 'unknown' });
  note();
  expect(models.has('acc_1', 'gpt-9')).toBe(true);
  nowMs += hourMs;
  expect(models.has('acc_1', 'gpt-9')).toBe(false);
  note();
  nowMs -= 24 * hourMs;
  expect(models.has('acc_1', 'gpt-9')).toBe(false);
});
