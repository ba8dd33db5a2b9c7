import { type EventScreen, eventPlace } from '@ai-gateway/shared/event-place';
import { type EventText, eventText } from '@ai-gateway/shared/event-text';
import { addressForPeople } from '../accounts/address-for-people.ts';
import type { GatewayEvent } from '../events/event-store.ts';
import { providerName } from '../providers/providers.ts';

/** The names that people gave to scenarios; null for one without. */
export type ScenarioNames = (id: string) => string | null;

export function textOf(event: GatewayEvent, scenarioName?: ScenarioNames): EventText {
  return eventText(event, { provider: providerName, ...(scenarioName && { scenario: scenarioName }) });
}

/**
 * Where something can be done about it, as a whole address. Undefined where the gateway does not know its own, and in test mode: the
 * dashboard opens in live mode, where nothing of test mode is.
 */
export function linkOf(event: GatewayEvent, publicUrl: string): { label: string; url: string } | undefined {
  const place: EventScreen | undefined = publicUrl === '' || !event.livemode ? undefined : eventPlace(event);
  return place === undefined ? undefined : { label: place.label, url: `${addressForPeople(publicUrl)}${place.path}` };
}

/** The shape of Slack's incoming webhooks; `<`, `>` and `&` are its own marks. */
export function slackBody(event: GatewayEvent, publicUrl = '', scenarioName?: ScenarioNames): string {
  const { subject, lines } = textOf(event, scenarioName);
  const link = linkOf(event, publicUrl);
  const escaped = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return JSON.stringify({
    text: [
      `*${escaped(subject)}*`,
      ...lines.map(escaped),
      ...(link === undefined ? [] : [`<${escaped(link.url)}|${link.label}>`]),
    ].join('\n'),
  });
}
