import { expect, test } from 'vitest';
import { budgetExceeded } from './funding-refusals.ts';

type Given = Parameters<typeof budgetExceeded>;

/** A budget of five cents, of which the calls so far have cost a little more. */
const balance = {
  budget: { id: 'bud_1', name: 'Acme', scope: {}, timezone: 'UTC' },
  instance: '',
  limitNanos: 50_000_000n,
  spentNanos: 53_500_000n,
  unpostedNanos: 0n,
  heldNanos: 0n,
} as unknown as Given[1];
const ports = { policies: { of: async () => ({ markups: new Map() }) } } as unknown as Given[0];
const asked = { caller: { workspaceId: 'ws_1', livemode: true, lockedTags: [] }, tags: {} } as unknown as Given[2];

test('a refusal names nothing left of a budget that was spent past its limit, and no negative amount', async () => {
  const { message } = await budgetExceeded(ports, balance, asked);
  expect(message).toBe('Budget "Acme" has $0.00 of $0.05 left, too little for this call. Raise it.');
});
