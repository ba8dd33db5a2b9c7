import type { Bundle } from 'zapier-platform-core';
import { textOf } from './form-value.ts';
import type { InputData } from './operation-input.ts';

/**
 * Every call says which Zap made it; a value that a person fills in wins. Zapier promises the id for subscriptions only, so it may be
 * missing, and no tag is better than a made-up one. In the body and not in headers, which cannot carry every name.
 */
export function tagsOf({ meta }: Pick<Bundle, 'meta'>, own: InputData): Record<string, string> {
  const tags = {
    scenario_platform: 'zapier',
    scenario_id: textOf(own.scenario_id) || zapId(meta),
    client_id: textOf(own.client_id),
    project: textOf(own.project),
    // Zapier tells apps no number of a run, so only a person can give one.
    execution_id: textOf(own.execution_id).slice(0, 128),
  };
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
}

/** A number, or a word with a number; nothing at all in a test of the app. */
export function zapId(meta: Bundle['meta'] | undefined): string {
  return textOf(meta?.zap?.id).slice(0, 128);
}
