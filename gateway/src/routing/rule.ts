import type { Condition } from '@ai-gateway/shared/rules';
import type { CacheSetting } from '../cache/cache-directive.ts';
import type { ReasoningEffort } from '../dialects/neutral.ts';

/** A rule as it is kept: see `rule` of the contract. */
export interface Rule {
  id: string;
  name: string;
  enabled: boolean;
  /** Lower numbers come first; rules of the same number by their ids. */
  priority: number;
  when: Condition;
  then: RuleThen;
}

export type Dial = 'quality' | 'balanced' | 'cost';

/** At most one of the first five. */
export interface RuleThen {
  model?: string | undefined;
  models?: readonly string[] | undefined;
  auto?: { dial: Dial } | undefined;
  experiment?: string | undefined;
  block?: { message: string } | undefined;
  fallback_models?: readonly string[] | 'none' | undefined;
  cap_output_tokens?: number | undefined;
  effort?: ReasoningEffort | undefined;
  cache?: RuleCache | undefined;
  prompt?: { id: string; label: string } | undefined;
}

/** `none`: answers are not kept. */
type RuleCache = CacheSetting | 'none';

/** Limits add up over all rules that match. Fields are missing where no rule says anything. */
export interface RuleLimits {
  maxOutputTokens?: number;
  effort?: ReasoningEffort;
  cache?: RuleCache;
  /** Of rules without a target: a list of the first, or of none where one says so. */
  fallbacks?: readonly string[] | 'none';
  /** By the first that matches. */
  prompt?: { id: string; label: string };
}

/** A model of a rule that leads nowhere. */
export interface UnreachableRule {
  rule: Rule;
  model: string;
}

export function inOrder(rules: readonly Rule[]): Rule[] {
  return [...rules].sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** `Invoices, paid` → `invoices-paid`, with a number behind it where the id is taken. */
export function idFor(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replace(/^-+|-+$/g, '');
  const base = plain === '' ? 'rule' : plain;
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}

/** The models that a rule names, each with the field that names it. */
export function modelsNamed({
  model,
  models,
  fallback_models: fallbacks,
}: RuleThen): { name: string; param: string }[] {
  const listed = (names: readonly string[] | 'none' | undefined, field: string) =>
    names === undefined || names === 'none' ? [] : names.map((name, i) => ({ name, param: `then.${field}[${i}]` }));
  return [
    ...(model === undefined ? [] : [{ name: model, param: 'then.model' }]),
    ...listed(models, 'models'),
    ...listed(fallbacks, 'fallback_models'),
  ];
}

const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

export function lowerEffort(a: ReasoningEffort, b: ReasoningEffort): ReasoningEffort {
  return efforts.indexOf(a) <= efforts.indexOf(b) ? a : b;
}

/** Adds the limits of one more rule that matches: the strictest wins. */
export function addLimits(limits: RuleLimits, { cap_output_tokens: cap, effort, cache, prompt }: RuleThen): void {
  if (cap !== undefined) limits.maxOutputTokens = Math.min(cap, limits.maxOutputTokens ?? cap);
  if (effort !== undefined) limits.effort = lowerEffort(effort, limits.effort ?? effort);
  if (cache !== undefined) limits.cache = stricterCache(cache, limits.cache ?? cache);
  if (prompt !== undefined) limits.prompt ??= prompt;
}

/** From the narrowest on. */
const scopes = ['key', 'client', 'workspace'] as const;

function stricterCache(a: RuleCache, b: RuleCache): RuleCache {
  if (a === 'none' || b === 'none') return 'none';
  const scope = scopes.find((one) => one === a.scope || one === b.scope);
  const ttl = Math.min(a.ttl_seconds, b.ttl_seconds);
  return scope === undefined ? { ttl_seconds: ttl } : { ttl_seconds: ttl, scope };
}
