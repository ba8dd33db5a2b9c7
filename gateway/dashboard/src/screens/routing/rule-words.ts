import { countForPeople } from '../../format/money.ts';

/** The effect of a rule as a sentence. Pure. */

export function sayThen(then: Readonly<Record<string, unknown>>): string {
  const { model, models, auto, experiment, block, fallback_models: fallbacks, cap_output_tokens: cap } = then;
  const parts = [
    typeof model === 'string' && `use ${model}`,
    Array.isArray(models) && `use ${models.join(', else ')}`,
    isRecord(auto) && `let auto choose (${String(auto.dial)})`,
    typeof experiment === 'string' && `take part in ${experiment}`,
    isRecord(block) && `refuse: “${String(block.message)}”`,
    fallbacks === 'none' && 'without a fallback',
    Array.isArray(fallbacks) && `with ${fallbacks.join(', ')} as fallback`,
    typeof cap === 'number' && `at most ${countForPeople(cap)} tokens of answer`,
    typeof then.effort === 'string' && `effort ${then.effort}`,
    then.cache === 'none' && 'never from memory',
    isRecord(then.cache) && `from memory for ${countForPeople(Number(then.cache.ttl_seconds))} s`,
    isRecord(then.prompt) && `prompt ${String(then.prompt.id)} at ${String(then.prompt.label)}`,
  ];
  return parts.filter((part) => typeof part === 'string').join(', ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
