import { expect, test } from 'vitest';
import { overageUsd, pro } from './plan.ts';

test('overage is counted by the token', () => {
  expect(overageUsd(pro, 0)).toBe(0);
  expect(overageUsd(pro, 1)).toBe(0.000035);
  expect(overageUsd(pro, 500_000)).toBe(17.5);
  expect(overageUsd(pro, 1_000_000)).toBe(35);
});

test('volume tiers price each stretch of overage by itself', () => {
  const plan = {
    ...pro,
    tiers: [
      { aboveOverageTokens: 0, usdPerMtok: 35 },
      { aboveOverageTokens: 10_000_000, usdPerMtok: 20 },
    ],
  };
  expect(overageUsd(plan, 10_000_000)).toBe(350);
  expect(overageUsd(plan, 12_000_000)).toBe(390);
});
