import type { Condition } from '@ai-gateway/shared/rules';
import { conditionOf, emptyGroup, type GroupDraft, groupDraftOf, linesOf } from '../../components/condition-draft.ts';

/** A rule as the form edits it, and as the API has it. Pure. */

export type Target = 'model' | 'models' | 'auto' | 'experiment' | 'block' | 'none';

export const targetLabels: Readonly<Record<Target, string>> = {
  model: 'Use a model',
  models: 'Use the first model that works',
  auto: 'Let auto choose',
  experiment: 'Take part in an experiment',
  block: 'Refuse the call',
  none: 'Leave the model as it is',
};

type Dial = 'quality' | 'balanced' | 'cost';

export interface RuleDraft {
  name: string;
  enabled: boolean;
  /** Undefined: every call. */
  when: GroupDraft | undefined;
  target: Target;
  model: string;
  /** One a line, in the order in which they are tried. */
  models: string;
  dial: Dial;
  experiment: string;
  message: string;
  fallbacks: 'default' | 'none' | 'own';
  fallbackModels: string;
  cap: string;
  effort: string;
  cache: 'default' | 'none' | 'own';
  cacheSeconds: string;
  cacheScope: string;
  promptId: string;
  promptLabel: string;
}

export function emptyRule(): RuleDraft {
  return {
    name: '',
    enabled: true,
    when: emptyGroup(),
    target: 'model',
    model: '',
    models: '',
    dial: 'balanced',
    experiment: '',
    message: '',
    fallbacks: 'default',
    fallbackModels: '',
    cap: '',
    effort: '',
    cache: 'default',
    cacheSeconds: '3600',
    cacheScope: '',
    promptId: '',
    promptLabel: '',
  };
}

export interface RuleInput {
  name: string;
  enabled: boolean;
  when: Condition;
  then: Readonly<Record<string, unknown>>;
}

export function ruleOf(draft: RuleDraft): RuleInput {
  return {
    name: draft.name.trim(),
    enabled: draft.enabled,
    when: draft.when === undefined ? {} : conditionOf(draft.when),
    then: thenOf(draft),
  };
}

function thenOf(draft: RuleDraft): Record<string, unknown> {
  const { cap, effort, promptId, promptLabel, fallbacks } = draft;
  return {
    ...targetOf(draft),
    ...(fallbacks === 'none' ? { fallback_models: 'none' } : {}),
    ...(fallbacks === 'own' ? { fallback_models: linesOf(draft.fallbackModels) } : {}),
    ...(cap.trim() === '' ? {} : { cap_output_tokens: numberOf(cap) }),
    ...(effort === '' ? {} : { effort }),
    ...(draft.cache === 'default' ? {} : { cache: draft.cache === 'none' ? 'none' : cacheOf(draft) }),
    ...(promptId.trim() === '' ? {} : { prompt: { id: promptId.trim(), label: promptLabel.trim() } }),
  };
}

function cacheOf({ cacheSeconds, cacheScope }: RuleDraft): Record<string, unknown> {
  return { ttl_seconds: numberOf(cacheSeconds), ...(cacheScope === '' ? {} : { scope: cacheScope }) };
}

function targetOf({ target, model, models, dial, experiment, message }: RuleDraft): Record<string, unknown> {
  switch (target) {
    case 'model':
      return { model: model.trim() };
    case 'models':
      return { models: linesOf(models) };
    case 'auto':
      return { auto: { dial } };
    case 'experiment':
      return { experiment: experiment.trim() };
    case 'block':
      return { block: { message: message.trim() } };
    case 'none':
      return {};
  }
}

function numberOf(text: string): number | string {
  const number = Number(text.trim());
  return Number.isNaN(number) ? text : number;
}

export function ruleDraftOf(rule: {
  name: string;
  enabled: boolean;
  when: Condition;
  then: Readonly<Record<string, unknown>>;
}): RuleDraft {
  const { model, models, auto, experiment, block, fallback_models: fallbacks, cache, prompt } = rule.then;
  const { cap_output_tokens: cap, effort } = rule.then;
  return {
    ...emptyRule(),
    name: rule.name,
    enabled: rule.enabled,
    when: groupDraftOf(rule.when),
    target: targetIn(rule.then),
    model: textOf(model),
    models: textOf(models),
    dial: dialOf(partOf(auto, 'dial')),
    experiment: textOf(experiment),
    message: textOf(partOf(block, 'message')),
    fallbacks: fallbacks === undefined ? 'default' : fallbacks === 'none' ? 'none' : 'own',
    fallbackModels: fallbacks === 'none' ? '' : textOf(fallbacks),
    cap: textOf(cap),
    effort: textOf(effort),
    cache: cache === undefined ? 'default' : cache === 'none' ? 'none' : 'own',
    cacheSeconds: textOf(partOf(cache, 'ttl_seconds')) || '3600',
    cacheScope: textOf(partOf(cache, 'scope')),
    promptId: textOf(partOf(prompt, 'id')),
    promptLabel: textOf(partOf(prompt, 'label')),
  };
}

function targetIn(then: Readonly<Record<string, unknown>>): Target {
  const targets = ['model', 'models', 'auto', 'experiment', 'block'] as const;
  return targets.find((target) => then[target] !== undefined) ?? 'none';
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join('\n');
  return value === undefined || value === null ? '' : String(value);
}

function dialOf(value: unknown): Dial {
  return value === 'quality' || value === 'cost' ? value : 'balanced';
}
