import { escapeHtml } from '@ai-gateway/shared/escape-html';
import { isOver, isPlanned, stateAt } from './incident.ts';
import type { Incident } from './incident-store.ts';
import { type ComponentReport, daysShown, type StatusReport } from './status-report.ts';

export const stylePath = '/status/style.css';

/** The page of all parts. No script; its style is a file, so that its policy allows nothing inline. */
export function statusPage({ condition, sentence, components, incidents, atMs }: StatusReport): string {
  const group = (id: ComponentReport['group'], title: string, none: string): string => {
    const own = components.filter((component) => component.group === id);
    return `<section><h2>${title}</h2>${own.length === 0 ? `<p>${none}</p>` : own.map(componentBlock).join('')}</section>`;
  };
  const planned = incidents.filter((incident) => isPlanned(incident, atMs));
  const [open, past] = [
    incidents.filter((incident) => !isOver(incident, atMs) && !planned.includes(incident)),
    incidents.filter((incident) => isOver(incident, atMs)),
  ];
  return page(
    'Status',
    `<p class="sentence ${condition}" role="status">${mark(condition)} ${escapeHtml(sentence)}</p>
${open.map((incident) => incidentBlock(incident, { heading: 'h2', atMs })).join('')}
${group('gateway', 'Gateway', '')}
${group('providers', 'Providers', 'No provider account is set up; test keys are answered by the sandbox.')}
${planned.length === 0 ? '' : `<section><h2>Planned work</h2>${planned.map((incident) => incidentBlock(incident, { heading: 'h3', atMs })).join('')}</section>`}
<section><h2>Resolved in the last two weeks</h2>
${past.length === 0 ? '<p>No incidents.</p>' : past.map((incident) => incidentBlock(incident, { heading: 'h3', atMs })).join('')}</section>
<p><a href="/status/history">Earlier incidents</a> · <a href="/status/feed.atom">Atom feed</a> · <a href="/status.json">JSON</a></p>
<p class="soft">As of ${time(new Date(atMs))}. Days are those of UTC.</p>`,
  );
}

export function incidentPage(incident: Incident, atMs: number): string {
  return page(
    incident.title,
    `${incidentBlock(incident, { heading: 'h2', atMs })}<p><a href="/status">Status</a> · <a href="/status/history">Earlier incidents</a></p>`,
  );
}

/** The incidents of a month: `2026-11`. */
export function historyPage(
  month: string,
  incidents: readonly Incident[],
  { isLast, atMs }: { isLast: boolean; atMs: number },
): string {
  const step = (months: number): string => {
    const [year = 0, number = 1] = month.split('-').map(Number);
    return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
  };
  const link = (to: string): string => `<a href="/status/history/${to}">${monthName(to)}</a>`;
  return page(
    `Incidents of ${monthName(month)}`,
    `${incidents.length === 0 ? '<p>No incidents.</p>' : incidents.map((incident) => incidentBlock(incident, { heading: 'h2', atMs })).join('')}
<p>${link(step(-1))}${isLast ? '' : ` · ${link(step(1))}`} · <a href="/status">Status</a></p>`,
  );
}

const marks = { up: '●', degraded: '▲', down: '■' } as const;
const mark = (condition: keyof typeof marks): string => `<span aria-hidden="true">${marks[condition]}</span>`;

function componentBlock({ name, condition, words, uptimePercent, days }: ComponentReport): string {
  const uptime = uptimePercent === null ? '' : `${uptimePercent} % uptime`;
  const width = 6;
  const bars = days
    .map(
      ({ uptimePercent: own }, i) =>
        `<rect class="${barOf(own)}" x="${i * width}" y="0" width="${width - 2}" height="28"></rect>`,
    )
    .join('');
  const rows = days
    .map(
      ({ day, uptimePercent: own }) =>
        `<tr><th scope="row">${day}</th><td>${own === null ? 'no record' : `${own} %`}</td></tr>`,
    )
    .join('');
  return `<div class="part"><p><strong>${escapeHtml(name)}</strong> <span class="${condition}">${mark(condition)} ${escapeHtml(words)}</span> <span class="soft">${uptime}</span></p>
<svg viewBox="0 0 ${daysShown * width} 28" preserveAspectRatio="none" aria-hidden="true" focusable="false">${bars}</svg>
<div class="hidden"><table><caption>${escapeHtml(name)}: uptime of the last ${daysShown} days</caption>${rows}</table></div></div>`;
}

function barOf(uptime: number | null): string {
  if (uptime === null) return 'none';
  if (uptime >= 99.9) return 'up';
  return uptime >= 95 ? 'degraded' : 'down';
}

function incidentBlock(incident: Incident, { heading, atMs }: { heading: 'h2' | 'h3'; atMs: number }): string {
  const { id, title, severity, startsAt, endsAt, updates } = incident;
  const times = [
    ...(startsAt === null ? [] : [`from ${time(startsAt)}`]),
    ...(endsAt === null ? [] : [`until ${time(endsAt)}`]),
  ];
  const list = [...updates]
    .reverse()
    .map(
      ({ state: was, text, at }) =>
        `<li><strong>${stateAt(incident, at.getTime(), was)}</strong> <span>${escapeHtml(text)}</span> ${time(at)}</li>`,
    )
    .join('');
  return `<article class="incident ${severity}"><${heading}><a href="/status/incidents/${escapeHtml(id)}" dir="auto">${escapeHtml(title)}</a></${heading}>
<p>${severity}, ${[stateAt(incident, atMs), ...times].join(' ')}</p><ol>${list}</ol></article>`;
}

function time(at: Date): string {
  return `<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function monthName(month: string): string {
  return new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${month}-01T00:00:00Z`),
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)} · AI Gateway</title>
<link rel="stylesheet" href="${stylePath}"><link rel="alternate" type="application/atom+xml" href="/status/feed.atom" title="Incidents"></head>
<body><main><h1 dir="auto">${escapeHtml(title)}</h1>
${body}
</main></body></html>
`;
}

export const style = `:root{color-scheme:light dark;--ink:light-dark(#1c1e21,#e8eaed);--soft:light-dark(#5f6368,#9aa0a6);--rule:light-dark(#dfe2e6,#3c4043);--up:light-dark(#0a7a3c,#5bd08a);--degraded:light-dark(#8a5a00,#f0b429);--down:light-dark(#b3261e,#ff8a80);--page:light-dark(#fff,#17181a)}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0}
main{max-width:44rem;margin:0 auto;padding:2rem 1rem}
h1,h2,h3{line-height:1.25;overflow-wrap:anywhere}
a{color:inherit}
.sentence{font-size:1.25rem;font-weight:600;border:1px solid var(--rule);border-radius:8px;padding:.75rem 1rem}
.up{color:var(--up);fill:var(--up)}
.degraded{color:var(--degraded);fill:var(--degraded)}
.down{color:var(--down);fill:var(--down)}
.none{fill:var(--rule)}
.soft,time{color:var(--soft);font-size:.875rem}
.part{border-top:1px solid var(--rule);padding:.5rem 0 1rem}
.part p{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .5rem;margin:.25rem 0}
.part p .soft{margin-inline-start:auto}
.part svg{display:block;width:100%;height:28px}
.incident{border-left:4px solid var(--degraded);padding-left:1rem;margin:1rem 0}
.incident.major{border-color:var(--down)}
.incident.maintenance{border-color:var(--soft)}
.incident li{margin:.5rem 0;white-space:pre-line;overflow-wrap:anywhere}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
table.hidden{left:0;white-space:normal}
`;
