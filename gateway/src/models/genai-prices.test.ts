import { type ConditionalPrice, calcPrice, type ModelInfo } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { matches, priceAt, vendorModels } from './genai-prices.ts';
import { costNanos } from './price.ts';

const perMillion = {
  inputTokens: 1_000_000,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

function modelWith(prices: ConditionalPrice[]): ModelInfo {
  return { id: 'm', match: { equals: 'm' }, prices };
}

function dollarsAt(model: ModelInfo, at: string): number {
  const price = priceAt(model, new Date(at));
  return price === undefined ? Number.NaN : Number(costNanos(price, perMillion)) / 1e9;
}

describe('a price that changes', () => {
  const raised = modelWith([
    { prices: { input_mtok: 1 } },
    { constraint: { type: 'start_date', start_date: '2027-01-01' }, prices: { input_mtok: 2 } },
  ]);

  it('holds from the first moment of its day on, by Greenwich', () => {
    expect(dollarsAt(raised, '2026-12-31T23:59:59.999Z')).toBe(1);
    expect(dollarsAt(raised, '2027-01-01T00:00:00Z')).toBe(2);
  });

  it('of the hours of a day holds between them, past midnight and in any zone', () => {
    const night = modelWith([
      { prices: { input_mtok: 4 } },
      {
        constraint: { type: 'time_of_date', start_time: '00:30:00+08:00', end_time: '08:30:00+08:00' },
        prices: { input_mtok: 1 },
      },
      {
        constraint: { type: 'time_of_date', start_time: '23:00:00Z', end_time: '01:00:00Z' },
        prices: { input_mtok: 2 },
      },
    ]);
    expect(dollarsAt(night, '2026-05-01T16:29:59Z')).toBe(4);
    expect(dollarsAt(night, '2026-05-01T16:30:00Z')).toBe(1);
    expect(dollarsAt(night, '2026-05-01T23:30:00Z')).toBe(2);
    expect(dollarsAt(night, '2026-05-02T00:29:00Z')).toBe(2);
    expect(dollarsAt(night, '2026-05-02T01:00:00Z')).toBe(4);
  });

  it('is the first where none has come into force yet', () => {
    const later = modelWith([
      { constraint: { type: 'start_date', start_date: '2030-01-01' }, prices: { input_mtok: 3 } },
      { constraint: { type: 'start_date', start_date: '2031-01-01' }, prices: { input_mtok: 5 } },
    ]);
    expect(dollarsAt(later, '2026-01-01T00:00:00Z')).toBe(3);
  });

  it('is the package’s own on every day around every change it knows of', () => {
    let compared = 0;
    for (const providerId of ['openai', 'anthropic', 'google'] as const) {
      for (const model of vendorModels(providerId)) {
        if (!Array.isArray(model.prices)) continue;
        const days = model.prices.flatMap(({ constraint }) =>
          constraint?.type === 'start_date' ? [Date.parse(constraint.start_date)] : [],
        );
        for (const time of days.flatMap((day) => [day - 1, day, day + 86_400_000])) {
          const timestamp = new Date(time);
          const theirs = calcPrice({ input_tokens: 1_000_000 }, model.id, { providerId, timestamp })?.input_price;
          expect([model.id, dollarsAt(model, timestamp.toISOString())]).toEqual([model.id, theirs]);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('is the same object while it holds', () => {
    expect(priceAt(raised, new Date('2026-01-01'))).toBe(priceAt(raised, new Date('2026-06-01')));
    expect(priceAt(raised, new Date('2026-01-01'))).not.toBe(priceAt(raised, new Date('2027-06-01')));
  });
});

describe('a price', () => {
  it('is unknown, not nothing, where the package has none for plain tokens', () => {
    expect(priceAt({ id: 'm', match: { equals: 'm' }, prices: {} }, new Date())).toBeUndefined();
    expect(priceAt({ id: 'm', match: { equals: 'm' }, prices: { audio_hours: 0.36 } }, new Date())).toBeUndefined();
  });

  it('reads tiers in any order', () => {
    const tiers = [
      { start: 200, price: 3 },
      { start: 100, price: 2 },
    ];
    const price = priceAt({ id: 'm', match: { equals: 'm' }, prices: { input_mtok: { base: 1, tiers } } }, new Date());
    expect(price?.tiers.map(({ overInputTokens, input }) => [overInputTokens, input])).toEqual([
      [-1, 1_000_000n],
      [100, 2_000_000n],
      [200, 3_000_000n],
    ]);
  });
});

describe('a rule', () => {
  it.each([
    [{ equals: 'a' }, 'a', 'ab'],
    [{ starts_with: 'a' }, 'ab', 'ba'],
    [{ contains: 'a' }, 'ab', 'ba'],
    [{ ends_with: 'a' }, 'a', 'ba'],
    [{ regex: '^a\\d$' }, 'a1', 'ab'],
    [{ or: [{ equals: 'a' }, { equals: 'b' }] }, 'b', 'c'],
    [{ and: [{ starts_with: 'a' }, { regex: 'z$' }] }, 'abz', 'abc'],
    [{ equals: 'a' }, 'a', 'A'],
  ])('%j takes %s and not %s', (rule, yes, no) => {
    expect([matches(rule, yes), matches(rule, no)]).toEqual([true, false]);
  });
});
