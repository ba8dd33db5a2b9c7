import type { TextEvent } from './event-text.ts';

/*
 * The screen of the dashboard that an event leads to.
 *
 * ```ts
 * import { eventPlace } from '@ai-gateway/shared/event-place';
 *
 * const data = { budget: { id: 'bud_1' } };
 * const place = eventPlace({ type: 'budget.exceeded', created_at: '2026-09-01T00:00:00Z', livemode: true, data });
 * console.log(place?.path); // /app/budgets?budget=bud_1
 * ```
 */

/** A screen of the dashboard, and the words of the link to it. */
export interface EventScreen {
  label: string;
  path: string;
}

/**
 * The screen where something can be done about an event. Undefined for incidents, whose text has an address of its own, and for a test
 * of alerts, whose names are made up.
 */
export function eventPlace({ type, data }: TextEvent): EventScreen | undefined {
  if (data.test === true) return undefined;
  const idOf = (key: string): string | undefined => {
    const { id } = (data[key] ?? {}) as { id?: unknown };
    return typeof id === 'string' ? encodeURIComponent(id) : undefined;
  };
  switch (type) {
    case 'budget.threshold_reached':
    case 'budget.exceeded':
    case 'budget.reset':
      return placeOf('Open the budget', '/app/budgets?budget=', idOf('budget'));
    case 'scenario.paused':
    case 'scenario.resumed':
      return placeOf('See its calls', scenarioCalls, idOf('scenario'));
    case 'provider.down':
    case 'provider.recovered':
    case 'latency.degraded':
      return { label: 'See the status of providers', path: '/status' };
    case 'provider.refused_account':
      return { label: 'Open the accounts', path: '/app/settings/providers' };
    case 'client.lookalike':
      return placeOfTag(data);
    case 'prompt.published':
      return placeOf('Open the prompt', '/app/prompts/', idOf('prompt'));
    case 'rule.unreachable':
      return placeOf('Open the rule', '/app/routing?rule=', idOf('rule'));
    case 'experiment.decided':
    case 'experiment.guard_tripped':
      return placeOf('Open the experiment', '/app/experiments/', idOf('experiment'));
    case 'auto.task_cleared':
    case 'auto.task_withdrawn':
      return { label: 'See the evidence', path: '/app/routing?tab=auto' };
    case 'incident.opened':
    case 'incident.updated':
    case 'incident.resolved':
      return undefined;
  }
}

/** Where calls with a tag are counted. */
function placeOfTag({ tag, value }: TextEvent['data']): EventScreen | undefined {
  switch (tag) {
    case 'client_id':
      return { label: 'See the clients', path: '/app/clients' };
    case 'project':
      return { label: 'See the projects', path: '/app/usage?by=project' };
    case 'scenario_id':
      return placeOf('See its calls', scenarioCalls, typeof value === 'string' ? encodeURIComponent(value) : undefined);
    default:
      return undefined;
  }
}

const scenarioCalls = '/app/calls?range=week&scenario_id=';

function placeOf(label: string, path: string, id: string | undefined): EventScreen | undefined {
  return id === undefined ? undefined : { label, path: `${path}${id}` };
}
