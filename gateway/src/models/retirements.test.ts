import { vendors } from '@ai-gateway/shared/provider-kinds';
import { describe, expect, it } from 'vitest';
import { classOf, findModel, listModels, modelsOfClass, strengths, successorOf } from './catalog.ts';
import { isRetired, retirementOf, retirements } from './retirements.ts';

const defaults = vendors.flatMap((vendor) =>
  strengths.flatMap((strength) => classOf(vendor, strength).map((model) => ({ vendor, strength, model }))),
);

describe('the models of the classes', () => {
  const whatToDo =
    'Choose another one in `classes` (gateway/src/providers/<vendor>/<vendor>.ts): newest first, among the models that the vendor serves and @pydantic/genai-prices prices.';

  // Not by the clock: the day of an announced retirement comes while nobody changes a line, and a test that fails then is months late.
  it.each(defaults)('$model is to be served by its vendor on every day to come', ({ vendor, model }) => {
    const retirement = retirementOf(vendor, model);
    expect(retirement?.on, `${vendor} retires ${model} on ${retirement?.on}. ${whatToDo}`).toBeUndefined();
  });

  it.each(['2026-12-01', '2027-01-01', '2027-06-01', '2029-01-01'])('are the same ones on %s', (day) => {
    for (const vendor of vendors)
      for (const strength of strengths)
        expect(modelsOfClass(strength, vendor, new Date(day)).map(({ model }) => model)).toEqual(
          classOf(vendor, strength),
        );
  });

  it.each(defaults)('$model has a price, a context window and its class', ({ vendor, strength, model }) => {
    expect(findModel(model)).toMatchObject({
      vendor,
      model,
      entry: {
        id: model,
        kind: 'chat',
        strength,
        contextWindow: expect.any(Number),
        inputUsdPerMtok: expect.any(Number),
      },
    });
  });

  it('are in each class for each vendor', () => {
    for (const strength of strengths)
      for (const vendor of vendors) expect(classOf(vendor, strength), `${strength} ${vendor}`).not.toEqual([]);
  });
});

describe('the table of retirements', () => {
  it('has a date and one row for every name', () => {
    for (const { on } of retirements) expect(new Date(`${on}T00:00:00Z`).toISOString().slice(0, 10)).toBe(on);
    const names = [
      ...['gpt-5', 'gpt-5-pro', 'gpt-5-chat-latest', 'gpt-5.1', 'gpt-5.1-codex-max', 'gpt-4', 'gpt-4-turbo', 'gpt-4o'],
      ...['gpt-4o-2024-05-13', 'gpt-4o-2024-08-06', 'o1', 'o1-pro', 'o1-mini', 'gpt-3.5-turbo', 'gpt-3.5-turbo-16k'],
      ...['claude-3-5-sonnet-20241022', 'claude-3-sonnet-20240229', 'claude-sonnet-4-20250514', 'claude-sonnet-4-5'],
      ...['claude-opus-4-1-20250805', 'gemini-2.5-pro', 'gemini-2.5-flash-preview-05-20', 'gemini-2.0-flash-001'],
    ];
    for (const name of names)
      expect(
        retirements.filter(({ names: row }) => row.test(name)),
        name,
      ).toHaveLength(1);
  });

  it('knows nothing of models without a date', () => {
    const served = [
      ...[
        'gpt-6-sol',
        'gpt-6-luna',
        'gpt-5.6-sol',
        'gpt-5.5-pro',
        'gpt-5.4',
        'gpt-5.4-mini',
        'gpt-5.2',
        'o3-',
        'gpt-4oo',
      ],
      ...['claude-sonnet-5', 'claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-opus-5-5', 'claude-opus-4-8'],
      ...['gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-2.5-flash-lite', 'gemini-3.1-pro-preview'],
      ...['ft:gpt-4o-2024-08-06:me', 'text-embedding-3-small', 'claude-3-5-sonnet\n', 'gpt-4-banana'],
    ];
    for (const name of served)
      expect(
        retirements.filter(({ names: row }) => row.test(name)),
        name,
      ).toEqual([]);
  });

  it('counts a model retired from the start of its day', () => {
    const retirement = retirementOf('gemini', 'gemini-2.5-pro');
    if (retirement === undefined) throw new Error('the table has a row for gemini-2.5-pro');
    expect(isRetired(retirement, new Date('2026-11-30T23:59:59.999Z'))).toBe(false);
    expect(isRetired(retirement, new Date('2026-12-01T00:00:00Z'))).toBe(true);
  });

  it('leads every retired chat model to one that is served, now and in years', () => {
    for (const day of ['2026-11-29', '2027-01-14', '2027-06-01']) {
      const at = new Date(day);
      const listed = new Set(listModels(at).map(({ id }) => id));
      for (const { id } of listModels(new Date('2020-01-01'))) {
        const ref = findModel(id, at);
        const answers = ref && successorOf(ref, at);
        expect(answers && listed.has(answers.model), `${id} on ${day} is answered by ${answers?.model}`).toBe(true);
        expect(answers?.vendor).toBe(ref?.vendor);
      }
    }
  });
});
