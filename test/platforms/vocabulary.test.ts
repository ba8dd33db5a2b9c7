import { globSync, readFileSync } from 'node:fs';
import { alertsOn } from '@ai-gateway/shared/steps/alerts';
import { titleCase } from '@ai-gateway/shared/steps/wording';
import { AiGatewayApi } from 'n8n-nodes-ai-gateway/credentials/AiGatewayApi.credentials.ts';
import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { AiGatewayTrigger } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/AiGatewayTrigger.node.ts';
import { describe, expect, test } from 'vitest';
import { app } from './zapier/zapier-host.ts';

/** The texts that a person reads in the three apps. A page that the gateway does not have sends people looking for it. */

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const files = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();

const surfaces: [name: string, text: string][] = [
  ['the Zapier app', JSON.stringify(app)],
  [
    'the n8n nodes',
    JSON.stringify([new AiGateway().description, new AiGatewayTrigger().description, new AiGatewayApi()]),
  ],
  ...[
    ...files('integrations/make/app/**/*.json'),
    ...files('integrations/{make,n8n,zapier}/templates/*.json'),
    ...files('integrations/{make,n8n,zapier}/README.md'),
    ...files('integrations/{zapier/src,n8n/nodes,n8n/credentials}/**/*.ts'),
    ...['make', 'n8n', 'zapier'].map((name) => `docs/${name}.md`),
  ].map((path): [string, string] => [path, read(path)]),
];

test.each(surfaces)('%s names no page that the gateway does not have', (_, text) => {
  expect(text).not.toMatch(/dashboard|(keys|usage|settings|billing) page/i);
});

test.each(surfaces.filter(([path, text]) => /templates\//.test(path) && text.includes('resets_at')))(
  '%s writes the day of a reset on the clock of its budget',
  (_, text) => {
    expect(text.match(/budget\.timezone/g)?.length).toBe(1);
  },
);

const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );

describe('links of the apps to the docs', () => {
  const links = [...new Set(surfaces.flatMap(([, text]) => text.match(/blob\/main\/[\w./-]+\.md(#[\w-]+)?/g) ?? []))];

  test.each(links)('%s leads to a page and a heading that exist', (link) => {
    const [path = '', anchor] = link.replace('blob/main/', '').split('#');
    expect(anchor === undefined ? [anchor] : anchorsOf(read(path))).toContain(anchor);
    expect(read(path)).not.toBe('');
  });
});

describe('the docs of each platform', () => {
  test.each(['make', 'n8n', 'zapier'])('docs/%s.md begins with the status and the way without the app', (name) => {
    const [, status = '', first = ''] = read(`docs/${name}.md`).split(/\n\n/);
    expect(status).toMatch(/^\*\*Status:\*\* .* not .* yet\.\sUntil it is, /);
    expect(first).toMatch(/^## Without the (app|package)$/);
  });

  test.each(['n8n', 'zapier'])('docs/%s.md leaves publishing to the README of the app', (name) => {
    expect(read(`docs/${name}.md`)).not.toMatch(/^## (Publish|How it is made)/m);
    expect(read(`integrations/${name}/README.md`)).toMatch(/^## Publish/m);
  });
});

// A date field of Make or Zapier gives a moment for every day, and the gateway ended a report as its last day began.
test.each(surfaces.filter(([name]) => /Zapier app|make\/app.*params/.test(name)))(
  '%s promises no whole day where a date field gives a moment',
  (_, text) => {
    expect(text).not.toContain('The last day (included)');
  },
);

test.each(['make', 'zapier'] as const)('docs/%s.md names every trigger of the app', (platform) => {
  const guide = read(`docs/${platform}.md`);
  const triggers =
    platform === 'make'
      ? alertsOn(platform).map(({ plural }) => `| Watch ${plural.toLowerCase()} `)
      : alertsOn(platform).map(({ label }) => `**New ${titleCase(label, 'zapier')}**`);
  expect(triggers.filter((trigger) => !guide.includes(trigger))).toEqual([]);
});

test('Zapier’s guide names every field of the first Zaps', () => {
  const guide = read('docs/zapier.md');
  for (const label of ['Limit (USD)', 'Scenario', 'Output Format', 'Fields', 'Max Tokens', 'Percents'])
    expect(guide).toContain(`| ${label} `);
});

test('the canvas of n8n says in words what a node does', () => {
  const subtitles = [new AiGateway().description.subtitle, new AiGatewayTrigger().description.subtitle];
  expect(subtitles[0]).toContain('"chat.complete":"Create chat completion"');
  expect(subtitles[1]).toContain('"budgetAlert":"Budget Alert"');
});

test('the choices of reasoning effort are the same on every platform', () => {
  const wanted = ['high', 'low', 'max', 'medium', 'minimal', 'none', 'xhigh'];
  const choicesIn = (text: string): string[] => wanted.filter((value) => text.includes(`"value":"${value}"`));
  const zapier = app.creates.chat_complete?.operation.inputFields?.find(
    (field) => 'key' in field && field.key === 'reasoning_effort',
  );
  expect(choicesIn(JSON.stringify(zapier))).toEqual(wanted);
  expect(choicesIn(JSON.stringify(new AiGateway().description.properties))).toEqual(wanted);
  const make = read('integrations/make/app/modules/chat-complete/chat-complete.mappable-params.iml.json');
  expect(choicesIn(make.replaceAll(/\s/g, ''))).toEqual(wanted);
});
