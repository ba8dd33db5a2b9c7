import { leavesOf } from '@ai-gateway/shared/rules';
import { inOrder, type Rule } from './rule.ts';
import { type Compiled, compileCondition } from './rule-condition.ts';
import type { TextNeed } from './rule-facts.ts';
import { PatternSet } from './rule-patterns.ts';

interface CompiledRule {
  rule: Rule;
  when: Compiled;
  /** Does a condition look at `model`? Only then a model that was asked for by name is replaced. */
  looksAtModel: boolean;
  /** The first thing it asks of the text, which nearly no text has; undefined where it asks for something else first. */
  asksFirst: TextNeed | undefined;
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
    .map((rule) => {
      const when = compileCondition(rule.when, patterns);
      const looksAtModel = leavesOf(rule.when).some(({ field }) => field === 'model');
      return { rule, when, looksAtModel, asksFirst: firstNeedOf(when) };
    });
  patterns.compile();
  return { rules: compiled, patterns };
}

/** Only of the condition that is asked first: of a rule for one client the text is read for that client alone. */
function firstNeedOf(condition: Compiled): TextNeed | undefined {
  if (condition.kind === 'not') return undefined;
  if (condition.kind !== 'leaf') {
    const [first, ...more] = condition.parts;
    return first === undefined || (condition.kind === 'any' && more.length > 0) ? undefined : firstNeedOf(first);
  }
  const { field, matches, contains_any: phrases } = condition.leaf;
  if (field !== 'text') return undefined;
  return matches !== undefined ? 'match' : phrases === undefined ? undefined : 'phrase';
}
