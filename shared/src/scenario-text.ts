/*
 * Scenarios as people read them.
 *
 * ```ts
 * import { scenarioText } from '@ai-gateway/shared/scenario-text';
 *
 * console.log(scenarioText({ id: '42', name: 'Newsletter' })); // Newsletter (42)
 * ```
 */

interface NamedScenario {
  id: string;
  name?: string | null | undefined;
}

/** Its name, with the id that its platform shows; the id alone where nobody named it. */
export function scenarioText({ id, name }: NamedScenario): string {
  return name == null ? id : `${name} (${id})`;
}

interface ScenarioEvent {
  scenario?: { id?: string; name?: string | null; clients?: { name: string }[]; client_count?: number };
  reason?: string | null;
  by?: string;
}

/** The scenarios that the text of an event names: its own, that of its call, and that of its budget. */
export function scenariosOf({ data }: { data: object }): string[] {
  const { scenario, scenario_id: called, budget } = data as EventWithScenarios;
  const ids = [scenario?.id, called, budget?.scope?.scenario_id];
  return [...new Set(ids.filter((id): id is string => typeof id === 'string'))];
}

interface EventWithScenarios {
  scenario?: { id?: unknown };
  scenario_id?: unknown;
  budget?: { scope?: { scenario_id?: unknown } };
}

/** An event of a scenario that was paused or resumed. `known` is its name today: null without one, undefined to read it off the event. */
export function scenarioChange(
  data: object,
  word: 'paused' | 'resumed',
  known: string | null | undefined,
): { title: string; lines: string[] } {
  const { scenario, reason, by } = data as ScenarioEvent;
  const { id = '', clients = [], client_count: count = clients.length } = scenario ?? {};
  const name = known === undefined ? scenario?.name : known;
  const who = by === 'loop_breaker' ? 'the loop breaker' : (by ?? 'somebody');
  const first = `${word === 'paused' ? 'Paused' : 'Resumed'} by ${who}.${reason ? ` Reason: ${reason}` : ''}`;
  const called = clients.length === 0 ? [] : [`It calls for ${clientsText(clients, count)}.`];
  return {
    title: `Scenario ${name == null ? `"${id}"` : scenarioText({ id, name: `"${name}"` })} was ${word}`,
    lines: [first, ...called],
  };
}

/** Its busiest clients, and how many more there are: `Acme, Globex and 3 more`. */
export function clientsText(clients: readonly { name: string }[], count: number): string {
  const rest = count > clients.length ? [`${count - clients.length} more`] : [];
  return new Intl.ListFormat('en-GB').format([...clients.map(({ name }) => name), ...rest]);
}
