import { expect, it } from 'vitest';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { RouteCandidate } from './candidate.ts';
import { standingOf } from './evidence.ts';
import { keptBySession } from './session-step.ts';
import type { Weighed } from './weigh-models.ts';

const call: NeutralCall = {
  ...{ dialect: 'chat', model: 'auto', stream: false, streamUsage: false, tools: [], output: { kind: 'text' } },
  ...{ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'And now?' }] }], stop: [], extra: {}, onlyNative: [] },
};
const standing = standingOf(() => undefined, { task: undefined, topic: '', model: '', shipped: 0.9 });

function weighed(model: string, strength: Weighed['class'], nanos: bigint, leftOut?: string): Weighed {
  const candidate = { account: 'id-openai', model, provider: 'openai' } as RouteCandidate;
  return { candidate, class: strength, expectedNanos: nanos, standing, because: undefined, leftOut };
}

function kept(models: [on: Weighed, taken: Weighed]): string | undefined {
  const [on, taken] = models;
  const session = { account: 'id-openai', model: on.candidate.model, inputTokens: 3_000, atMs: 0 };
  return keptBySession(models, taken, { call, session })?.model.candidate.model;
}

it('a session stays with its model where another one saves little', () => {
  expect(kept([weighed('luna', 'small', 100n), weighed('haiku', 'small', 90n)])).toBe('luna');
  expect(kept([weighed('sol', 'strong', 100n), weighed('luna', 'small', 90n)])).toBe('sol');
  expect(kept([weighed('sol', 'strong', 100n), weighed('luna', 'small', 80n)])).toBeUndefined();
});

it('a session does not stay with a small model that evidence speaks against, also where another small one takes its place', () => {
  const refused = weighed('luna', 'small', 100n, 'evidence speaks against it: 80% at most');
  expect(kept([refused, weighed('haiku', 'small', 120n)])).toBeUndefined();
});

it('a session does not stay with a model that costs more than the call allows', () => {
  const dear = weighed('sol', 'strong', 100n, 'it is expected to cost more than $0.02');
  expect(kept([dear, weighed('luna', 'small', 90n)])).toBeUndefined();
});
