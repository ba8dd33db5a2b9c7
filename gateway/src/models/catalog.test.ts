import { vendors } from '@ai-gateway/shared/provider-kinds';
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { vendorOf } from '../providers/providers.ts';
import { classOf, findModel, listModels, strengths } from './catalog.ts';
import { vendorModels } from './genai-prices.ts';

describe('a model’s name', () => {
  it.each([
    ['gpt-4o', 'openai', 'gpt-4o', 'gpt-4o'],
    ['gpt-4o-2024-08-06', 'openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
    ['claude-3-5-sonnet-20241022', 'anthropic', 'claude-3-5-sonnet-20241022', 'claude-3-5-sonnet'],
    ['gemini-1.5-pro', 'gemini', 'gemini-1.5-pro', 'gemini-1.5-pro'],
    ['gemini-1.5-pro-002', 'gemini', 'gemini-1.5-pro-002', 'gemini-1.5-pro'],
    ['models/gemini-1.5-flash', 'gemini', 'gemini-1.5-flash', 'gemini-1.5-flash'],
    ['openai/gpt-4o-mini', 'openai', 'gpt-4o-mini', 'gpt-4o-mini'],
    ['anthropic/claude-3-haiku-20240307', 'anthropic', 'claude-3-haiku-20240307', 'claude-3-haiku'],
    ['gemini/gemini-1.5-pro', 'gemini', 'gemini-1.5-pro', 'gemini-1.5-pro'],
    ['text-embedding-3-small', 'openai', 'text-embedding-3-small', 'text-embedding-3-small'],
  ])('%s is a model of %s', (name, vendor, model, id) => {
    expect(findModel(name)).toMatchObject({ vendor, model, entry: { id, vendor } });
  });

  it.each([
    'definitely-not-a-model',
    'gpt-4o-banana',
    'GPT-4o',
    ' gpt-4o',
    'my-gemini-1.5-pro',
    'xmoderationx',
    'google/gemini-1.5-pro',
    'auto',
    'openai/',
    '/gpt-4o',
    '__proto__',
    'constructor',
    'toString',
    '',
  ])('%j is none', (name) => {
    expect(findModel(name)).toBeUndefined();
  });

  it('is not a thousand characters long, whatever it begins with', () => {
    expect(findModel('gemini-1.5-pro'.padEnd(1_000, 'x'))).toBeUndefined();
    expect(findModel('openai/'.padEnd(1_000, 'x'))).toBeUndefined();
  });

  it('with a vendor in front may be one the catalogue does not know yet, at a price nobody knows', () => {
    expect(findModel('openai/gpt-99')).toEqual({ vendor: 'openai', model: 'gpt-99', entry: undefined });
    expect(findModel('openai/__proto__')).toEqual({ vendor: 'openai', model: '__proto__', entry: undefined });
  });

  it('that the catalogue uses itself leads to that very entry, as it does in the price package', () => {
    let compared = 0;
    for (const vendor of vendors) {
      for (const { id } of vendorModels(vendorOf(vendor).vendor.catalogue)) {
        if (!vendorOf(vendor).vendor.sells(id)) continue;
        expect(findModel(id)).toMatchObject({ vendor, model: id, entry: { id } });
        // A few ids are patterns (`ft:gpt-4o`) that the package's own rules take for no model.
        const theirs = calcPrice({ input_tokens: 1 }, id, { providerId: vendorOf(vendor).vendor.catalogue });
        if (theirs === null) continue;
        expect(theirs.model.id).toBe(id);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('is looked up the same after thousands of others', () => {
    const before = findModel('gpt-4o');
    for (let i = 0; i < 5_000; i++) findModel(`nothing-${i}`);
    expect(findModel('gpt-4o')).toEqual(before);
  });
});

describe('a model of the catalogue', () => {
  it('is strong or small by its price', () => {
    const strengths = (names: readonly string[]) => names.map((name) => findModel(name)?.entry?.strength);
    const strong = [
      'gpt-4o',
      'gpt-5',
      'claude-3-5-sonnet-20241022',
      'claude-opus-4-5',
      'gemini-1.5-pro',
      'gemini-2.5-pro',
    ];
    expect(strengths(strong)).toEqual(strong.map(() => 'strong'));
    const small = [
      ...['gpt-4o-mini', 'gpt-3.5-turbo-16k', 'o4-mini', 'gpt-5-mini', 'claude-3-haiku-20240307'],
      ...['claude-3-5-haiku-latest', 'claude-haiku-4-5', 'gemini-1.5-flash', 'gemini-2.5-flash'],
    ];
    expect(strengths(small)).toEqual(small.map(() => 'small'));
  });

  it.each([
    ['chat', ['gpt-4o', 'o3', 'claude-3-haiku-20240307', 'gemini-2.5-flash-lite', 'gpt-4o-search-preview']],
    ['embedding', ['text-embedding-3-large', 'text-embedding-ada-002', 'gemini-embedding-001']],
    [
      'other',
      [
        ...['whisper-1', 'gpt-4o-mini-tts', 'gpt-image-1', 'gpt-realtime', 'gpt-4o-audio-preview', 'davinci'],
        ...['gemini-2.5-flash-image', 'gemini-2.5-pro-tts', 'gemini-live-2.5-flash', 'gpt-3.5-turbo-instruct'],
      ],
    ],
  ])('is for %s by its family', (kind, names) => {
    expect(names.map((name) => [name, findModel(name)?.entry?.kind])).toEqual(names.map((name) => [name, kind]));
  });

  it('has the abilities of its family', () => {
    const all = { images: true, tools: true, jsonSchema: true };
    for (const vendor of vendors)
      for (const strength of strengths)
        for (const model of classOf(vendor, strength)) expect(findModel(model)?.entry?.abilities).toEqual(all);
    expect(findModel('gpt-3.5-turbo')?.entry?.abilities).toEqual({ images: false, tools: true, jsonSchema: false });
    expect(findModel('o1-mini')?.entry?.abilities).toEqual({ images: false, tools: false, jsonSchema: false });
    expect(findModel('claude-2.1')?.entry?.abilities).toEqual({ images: false, tools: false, jsonSchema: false });
  });

  it('follows its price from the day it changes', () => {
    const before = findModel('gemini-3.6-flash', new Date('2026-12-31T23:59:00Z'))?.entry;
    const after = findModel('gemini-3.6-flash', new Date('2027-01-01T00:00:00Z'))?.entry;
    expect([before?.inputUsdPerMtok, after?.inputUsdPerMtok]).toEqual([0.75, 1.5]);
    expect([before?.strength, after?.strength]).toEqual(['small', 'strong']);
  });
});

describe('the list of models', () => {
  const listed = listModels();

  it('begins with the models of the classes', () => {
    expect(listed.slice(0, 8).map(({ id, strength }) => [id, strength])).toEqual([
      ['gpt-6-sol', 'strong'],
      ['gpt-5.6-terra', 'strong'],
      ['gpt-5.4', 'strong'],
      ['gpt-6-luna', 'small'],
      ['gpt-5.4-mini', 'small'],
      ['claude-sonnet-5', 'strong'],
      ['claude-sonnet-4-6', 'strong'],
      ['claude-haiku-4-5', 'small'],
    ]);
  });

  it('holds no model its vendor has retired, from the day on that it has', () => {
    const ids = (day: string) => listModels(new Date(day)).map(({ id }) => id);
    expect(ids('2026-11-29')).toEqual(expect.arrayContaining(['gpt-4o', 'gpt-4o-mini', 'gemini-2.5-pro', 'gpt-5']));
    const gone = [
      ...['claude-v1', 'claude-2', 'claude-3-5-sonnet', 'claude-3-7-sonnet-latest', 'claude-3-opus-latest'],
      ...['claude-opus-4-0', 'claude-opus-4-1', 'claude-sonnet-4-0', 'claude-3-5-haiku-latest', 'gpt-3.5-0301'],
      ...['gpt-3.5-turbo', 'gpt-4', 'gpt-4-32k', 'gpt-4-turbo', 'gpt-4o-2024-05-13', 'o1', 'o1-mini', 'o3-mini'],
      ...['gemini-1.5-pro', 'gemini-1.5-flash', 'gemini-2.0-flash', 'gemini-pro', 'gemini-3-pro-preview'],
    ];
    for (const id of gone) expect(ids('2026-11-29')).not.toContain(id);
    expect(ids('2026-12-01')).not.toContain('gemini-2.5-pro');
    expect(ids('2027-01-14')).not.toContain('gpt-4o');
  });

  it('names each model once, for chat, with its price', () => {
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    for (const { kind, inputUsdPerMtok, outputUsdPerMtok } of listed)
      expect([kind, typeof inputUsdPerMtok, typeof outputUsdPerMtok]).toEqual(['chat', 'number', 'number']);
  });

  it('holds only names a vendor answers to, each of which can be asked for', () => {
    for (const { id, vendor } of listed) expect(findModel(id)).toMatchObject({ vendor, model: id });
    const ids = listed.map(({ id }) => id);
    for (const id of [
      'ft:gpt-4o',
      'gpt-4o:extended',
      'gpt-oss-120b',
      'gemini-pro-1.5',
      'gemma-4-26b-a4b-it-maas',
      'claude-3-haiku',
    ])
      expect(ids).not.toContain(id);
  });
});
