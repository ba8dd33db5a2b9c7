import { GatewayError } from '@ai-gateway/shared/errors';
import { leavesOf } from '@ai-gateway/shared/rules';
import type { NeutralCall } from '../dialects/neutral.ts';
import { boundInputTokens } from '../models/count-tokens.ts';
import { costNanos, type Price } from '../models/price.ts';
import { isAuto } from './auto-mode.ts';
import type { CallFacts } from './call-facts.ts';
import { type NameContext, readModelName } from './model-name.ts';
import type { PastCall } from './past-calls-store.ts';
import { candidateOf } from './reachable.ts';
import type { Rule } from './rule.ts';
import { holds } from './rule-condition.ts';
import { RuleFacts, type TextFact } from './rule-facts.ts';
import { compileRules } from './rule-set.ts';
import { workOf } from './work.ts';

/** Fields that the row of a call has. All others are of its body, which is not kept. */
const kept: ReadonlySet<string> = new Set([
  'model',
  'dialect',
  'client_id',
  'project',
  'scenario_id',
  'platform',
  'key_id',
  'prompt_id',
  'input_tokens',
  'stream',
  'hour',
  'weekday',
]);

export interface TriedRule {
  met: number;
  applied: number;
  costNanos: bigint;
  /** Undefined where a price is unknown, or the gateway would choose the model. */
  newCostNanos: bigint | undefined;
  fromSample: readonly string[];
}

/**
 * How many past calls a rule would have met, and what their tokens would have cost. Conditions on the body look at the sample. Throws
 * `invalid_request` where the rule needs one and there is none.
 */
export function tryRule(
  given: Rule,
  options: {
    calls: readonly PastCall[];
    sample: NeutralCall | undefined;
    sampleJson: CallFacts['json'];
    names: NameContext;
  },
): TriedRule {
  const rule = { ...given, enabled: true };
  const { calls, sample, sampleJson, names } = options;
  const fromSample = [...new Set(leavesOf(rule.when).map(({ field }) => field))].filter((field) => !kept.has(field));
  refuseUntriable(fromSample, sample !== undefined);
  const set = compileRules([rule]);
  const [compiled] = set.rules;
  if (compiled === undefined) throw new Error('an enabled rule is compiled');
  const base = factsOf(sample, sampleJson);
  const ofSample = new RuleFacts(base, set.patterns);
  const priceOf = pricesBy(names);
  const tried = { met: 0, applied: 0, costNanos: 0n, newCostNanos: 0n as bigint | undefined, fromSample };
  for (const call of calls) {
    if (!holds(compiled.when, new PastFacts(call, base, ofSample, set.patterns))) continue;
    tried.met += 1;
    tried.costNanos += call.costNanos;
    // Most prompts bring the model, and rows do not tell it from one that the caller named.
    const isUnnamed = call.promptId !== null || isAuto(call.modelRequested);
    const applies = compiled.looksAtModel || isUnnamed;
    if (applies) tried.applied += 1;
    const cost = newCost(rule, call, { applies, priceOf });
    tried.newCostNanos = tried.newCostNanos === undefined || cost === undefined ? undefined : tried.newCostNanos + cost;
  }
  return tried;
}

function refuseUntriable(fromSample: readonly string[], hasSample: boolean): void {
  if (fromSample.includes('budget_percent_used'))
    throw new GatewayError(
      'invalid_request',
      'A rule on the spent share of a budget cannot be tested: past shares are not kept.',
      {
        param: 'rule.when',
      },
    );
  if (fromSample.length > 0 && !hasSample)
    throw new GatewayError(
      'invalid_request',
      `The rule looks at ${fromSample.map((field) => `\`${field}\``).join(', ')}, which is not kept of past calls. Give the body of a call in \`sample\`.`,
      { param: 'sample' },
    );
}

/** A past call: the columns of its row, and the body of the sample. */
class PastFacts extends RuleFacts {
  readonly #call: PastCall;
  readonly #sample: RuleFacts;

  constructor(
    call: PastCall,
    base: CallFacts,
    sample: RuleFacts,
    patterns: ConstructorParameters<typeof RuleFacts>[1],
  ) {
    super(
      {
        ...base,
        keyId: call.keyId,
        nowMs: call.createdAtMs,
        tags: {
          client: call.client ?? undefined,
          project: call.project ?? undefined,
          scenario: call.scenario ?? undefined,
          platform: call.platform ?? undefined,
        },
        prompt: call.promptId === null ? undefined : { id: call.promptId, version: 0 },
        call: { ...base.call, model: call.modelRequested, dialect: call.dialect, stream: call.streamed },
      },
      patterns,
    );
    this.#call = call;
    this.#sample = sample;
  }

  override texts(field: string): readonly TextFact[] {
    return kept.has(field) ? super.texts(field) : this.#sample.texts(field);
  }

  override number(field: string): number | undefined {
    return field === 'input_tokens' ? this.#call.inputTokens : super.number(field);
  }
}

function factsOf(sample: NeutralCall | undefined, json: CallFacts['json']): CallFacts {
  const call: NeutralCall = sample ?? {
    ...{ dialect: 'chat', model: '', stream: false, streamUsage: false, messages: [], tools: [] },
    ...{ output: { kind: 'text' }, stop: [], extra: {}, onlyNative: [] },
  };
  return {
    ...{ workspaceId: '', livemode: true, keyId: '', tags: {}, call, json, wishes: undefined, inputTokens: 0 },
    topic: sample && (() => workOf(sample, boundInputTokens(sample, Buffer.byteLength(JSON.stringify(json)))).topic),
    ...{ prompt: undefined, budgetPercentUsed: () => undefined, nowMs: 0 },
  };
}

function pricesBy(names: NameContext): (name: string) => Price | undefined {
  const known = new Map<string, Price | undefined>();
  return (name) => {
    if (!known.has(name)) {
      const found = readModelName(name, names);
      known.set(name, found && candidateOf(found, '').price);
    }
    return known.get(name);
  };
}

function newCost(
  { then }: Rule,
  call: PastCall,
  { applies, priceOf }: { applies: boolean; priceOf: (name: string) => Price | undefined },
): bigint | undefined {
  if (then.block !== undefined) return 0n;
  const target = then.model ?? then.models?.[0];
  const chooses = then.auto !== undefined || then.experiment !== undefined || target?.startsWith('auto') === true;
  if (applies && chooses) return undefined;
  const outputTokens = Math.min(call.outputTokens, then.cap_output_tokens ?? call.outputTokens);
  if ((!applies || target === undefined) && outputTokens === call.outputTokens) return call.costNanos;
  // A call that nobody answered costs nothing at any price.
  if (call.model === null || call.provider === null) return call.costNanos;
  const price = applies && target !== undefined ? priceOf(target) : priceOf(`${call.provider}/${call.model}`);
  const { inputTokens, cachedTokens, cacheWriteTokens, reasoningTokens } = call;
  return price && costNanos(price, { inputTokens, cachedTokens, cacheWriteTokens, outputTokens, reasoningTokens });
}
