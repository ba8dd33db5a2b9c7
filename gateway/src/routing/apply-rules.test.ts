import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Condition, Leaf } from '@ai-gateway/shared/rules';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import { applyRules, type RulingInput } from './apply-rules.ts';
import type { RouteInput } from './candidate.ts';
import { newTrace } from './decision-trace.ts';
import type { Rule, RuleThen } from './rule.ts';
import { compileRules } from './rule-set.ts';

const words = ['Invoice', 'invoice', 'ÜBERWEISUNG', 'überweisung', 'straße', '請求書', 'paid', 'İstanbul', 'a.b'];
const phrase = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 2 }).map((two) => two.join(' '));
const pattern = fc.constantFrom('inv(oice|oices)\\b', '(?i)überw', '請求', '^paid', 'straße$', '[0-9]{3}');
const isCased = fc.constantFrom({}, { case: true });
const field = fc.constantFrom('text', 'text', 'text', 'system', 'model');

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc
    .tuple(field, fc.array(phrase, { minLength: 1, maxLength: 2 }), isCased)
    .map(([name, phrases, cased]) => ({ field: name, contains_any: phrases, ...cased })),
  fc.tuple(field, pattern).map(([name, matches]) => ({ field: name, matches })),
  fc.tuple(field, phrase, isCased).map(([name, text, cased]) => ({ field: name, starts_with: text, ...cased })),
  fc.constantFrom<Leaf>({ field: 'client_id', eq: 'acme' }, { field: 'client_id', eq: 'globex' }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => {
  const parts = fc.array(tie('condition'), { minLength: 1, maxLength: 3 });
  return {
    condition: fc.oneof(
      { maxDepth: 3 },
      leaf,
      parts.map((all) => ({ all })),
      parts.map((any) => ({ any })),
      tie('condition').map((not) => ({ not })),
    ),
  };
});
const then = fc.constantFrom<RuleThen>(
  { model: 'gpt-5.4-mini' },
  { cap_output_tokens: 100 },
  { cap_output_tokens: 50, effort: 'low' },
  { fallback_models: 'none' },
  { block: { message: 'No.' } },
);
const rules = fc
  .array(fc.tuple(condition, then), { minLength: 1, maxLength: 5 })
  .map((made) =>
    made.map(
      ([when, effect], n): Rule => ({ id: `r${n}`, name: `R${n}`, enabled: true, priority: n, when, then: effect }),
    ),
  );
const text = fc
  .array(fc.oneof(fc.constantFrom(...words, '123'), fc.string({ maxLength: 5 })), { maxLength: 5 })
  .map((all) => all.join(' '));

function inputOf({ user, system }: { user: string; system: string }): RulingInput {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
  const json = { model: 'auto', messages };
  const call = chat.read(json);
  const nowMs = Date.parse('2026-11-24T12:00:00Z');
  const route: RouteInput = {
    ...{ call, kind: 'chat', inputTokens: 100, fallbacks: undefined, workspaceFallbacks: {}, pool: [], nowMs },
    accounts: [],
    livemode: false,
    stateOf: () => 'closed',
  };
  return {
    route,
    experiments: [],
    facts: {
      ...{ workspaceId: 'ws_1', livemode: false, keyId: 'key_1', json, call, inputTokens: 100, nowMs },
      tags: { client: 'acme', project: undefined, scenario: undefined, platform: undefined },
      wishes: undefined,
      prompt: undefined,
      budgetPercentUsed: () => undefined,
    },
  };
}

describe('rules that are passed over by the first thing they ask of a text', () => {
  it('leave the same rule, limits and refusal as when each one is looked at', () => {
    let passedOver = 0;
    let met = 0;
    fc.assert(
      fc.property(rules, text, text, (made, user, system) => {
        const set = compileRules(made);
        const input = inputOf({ user, system });
        const rulingBy = (trace: Parameters<typeof applyRules>[2]): unknown => {
          try {
            return applyRules(set, input, trace);
          } catch (error) {
            if (isGatewayError(error)) return { code: error.code, message: error.message, details: error.details };
            throw error;
          }
        };
        const trace = newTrace();
        expect(rulingBy(undefined)).toEqual(rulingBy(trace));
        const filtered = set.rules.filter(({ asksFirst }) => asksFirst !== undefined).map(({ rule }) => rule.id);
        for (const { matched } of trace.rules.filter((one) => filtered.includes(one.id))) {
          if (matched) met += 1;
          else passedOver += 1;
        }
      }),
      { numRuns: 1_000, seed: 18 },
    );
    expect(Math.min(passedOver, met)).toBeGreaterThan(5);
  });
});
