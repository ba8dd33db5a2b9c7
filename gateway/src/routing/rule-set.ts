import { leavesOf } from '@ai-gateway/shared/rules';
import { inOrder, type Rule } from './rule.ts';
import { type Compiled, compileCondition } from './rule-condition.ts';
import { PatternSet } from './rule-patterns.ts';

interface CompiledRule {
  rule: Rule;
  when: Compiled;
  /** Does a condition look at `model`? Only then a model that was asked for by name is replaced. */
  looksAtModel: boolean;
}

/** The rules of one version, ready to be asked. */
export interface RuleSet {
  /** Those that are enabled, in the order in which they are looked at. */
  rules: readonly CompiledRule[];
  patterns: PatternSet;
}

/** Compiles the rules of a version; takes some milliseconds for each ten patterns. */
export function compileRules(rules: readonly Rule[]): RuleSet {
  const patterns = new PatternSet();
  const compiled = inOrder(rules)
    .filter(({ enabled }) => enabled)
    .map((rule) => ({
      rule,
      when: compileCondition(rule.when, patterns),
      looksAtModel: leavesOf(rule.when).some(({ field }) => field === 'model'),
    }));
  patterns.compile();
  return { rules: compiled, patterns };
}
