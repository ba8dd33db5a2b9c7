import { escapeHtml } from '@ai-gateway/shared/escape-html';
import { changedAt, stateAt } from './incident.ts';
import type { Incident } from './incident-store.ts';

/** Letters that XML has no way to write. */
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const xml = (text: string): string => escapeHtml(text.replace(unwritable, '').toWellFormed());

/**
 * Incidents as Atom (RFC 4287). An entry keeps its id, and its `updated` moves with each change of its state (4.2.15), so that readers show it again.
 * Ids are of the first form that RFC 4151 has, with the gateway's host, and stay when the path of a page changes.
 */
export function statusFeed(
  incidents: readonly Incident[],
  { publicUrl, atMs }: { publicUrl: string; atMs: number },
): string {
  const host = new URL(publicUrl).host;
  const updated = incidents.reduce((latest, incident) => Math.max(latest, changedAt(incident, atMs).getTime()), 0);
  const entry = (incident: Incident): string => {
    const { id, title, openedAt, updates } = incident;
    return `  <entry>
    <id>tag:${xml(host.replace(/:.*$/, ''))},2026:incident:${xml(id)}</id>
    <title>${xml(title)} (${stateAt(incident, atMs)})</title>
    <link href="${xml(`${publicUrl}/status/incidents/${id}`)}"/>
    <published>${openedAt.toISOString()}</published>
    <updated>${changedAt(incident, atMs).toISOString()}</updated>
    <content type="text">${xml(
      [...updates]
        .reverse()
        .map(({ at, state: was, text }) => `${at.toISOString()} ${stateAt(incident, at.getTime(), was)}: ${text}`)
        .join('\n\n'),
    )}</content>
  </entry>
`;
  };
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>tag:${xml(host.replace(/:.*$/, ''))},2026:status</id>
  <title>AI Gateway: status</title>
  <author><name>AI Gateway</name></author>
  <link rel="self" href="${xml(`${publicUrl}/status/feed.atom`)}"/>
  <link href="${xml(`${publicUrl}/status`)}"/>
  <updated>${new Date(updated === 0 ? Math.floor(atMs / 86_400_000) * 86_400_000 : updated).toISOString()}</updated>
${incidents.map(entry).join('')}</feed>
`;
}
