import { sampleEvent } from '@ai-gateway/shared/operations/events';
import { alerts } from '@ai-gateway/shared/steps/alerts';
import { expect, test } from 'vitest';
import { linkOf, slackBody, textOf } from './event-text.ts';

test('an alert is told in a line people understand', () => {
  expect(textOf(sampleEvent)).toEqual({
    subject: 'Budget "Acme" has reached 80 %',
    lines: [
      '$41.20 of $50.00 spent, $8.75 left. It resets on 1 December 2026, 00:00 (UTC).',
      'It counts the calls of client acme.',
      'Triggered by a call for client acme, scenario 42, platform make.',
    ],
  });
  expect(
    textOf({ ...sampleEvent, type: 'budget.exceeded', livemode: false, data: { ...sampleEvent.data, percent: 100 } })
      .subject,
  ).toBe('Budget "Acme" has reached its limit (test mode)');
});

test('a small budget is told in amounts that can be read, and on its own clock', () => {
  const budget = {
    name: 'Tiny',
    limit_usd: 0.0025,
    spent_usd: 0.00201,
    remaining_usd: 0.00049,
    resets_at: '2026-11-30T23:00:00.000Z',
    timezone: 'Europe/Berlin',
  };
  const { lines } = textOf({ ...sampleEvent, data: { budget, percent: 80 } });
  expect(lines).toEqual(['$0.00201 of $0.0025 spent, $0.00049 left. It resets on 1 December 2026, 00:00 (Berlin).']);
});

test('an alert of a spent budget says whose calls are refused and what to do, also where each scenario has a budget', () => {
  const of = (budget: object): string[] => {
    const data = { ...sampleEvent.data, percent: 100, budget: { ...sampleEvent.data.budget, ...budget } };
    return textOf({ ...sampleEvent, type: 'budget.exceeded', data }).lines;
  };
  expect(of({ name: 'Each scenario', scope: { scenario_id: 's8' } })).toContain(
    'Calls of scenario s8 are refused while it cannot pay for them. Raise it to let them go on.',
  );
  expect(of({ scope: {} })).toContain('Calls are refused while it cannot pay for them. Raise it to let them go on.');
  expect(of({ on_limit: 'notify' })).toContain('Calls of client acme go on: this budget refuses none.');
});

test('an alert of a gateway on this machine leads to the name under which its people are signed in', () => {
  for (const address of ['http://127.0.0.1:8787', 'http://[::1]:8787'])
    expect(linkOf(sampleEvent, address)?.url).toBe('http://localhost:8787/app/budgets?budget=bud_01k2');
});

test('a test alert says that its figures are made up', () => {
  const { subject, lines } = textOf({ ...sampleEvent, data: { ...sampleEvent.data, test: true } });
  expect(subject).toBe('Test: Budget "Acme" has reached 80 %');
  expect(lines[0]).toBe('This is a test of your alerts. Its names and figures are made up.');
});

test('Slack gets its own shape, and a name cannot mention everybody there', () => {
  const event = { ...sampleEvent, data: { ...sampleEvent.data, client_id: '<!channel> & co' } };
  const { text } = JSON.parse(slackBody(event)) as { text: string };
  expect(text).toContain('*Budget "Acme" has reached 80 %*\n');
  expect(text).toContain('client &lt;!channel&gt; &amp; co');
});

test.each([
  [
    'scenario.paused',
    { scenario: { id: '42' }, reason: 'It made more than 10 calls in a minute.', by: 'loop_breaker' },
    'Scenario "42" was paused',
  ],
  ['scenario.resumed', { scenario: { id: '42' }, by: 'Owner' }, 'Scenario "42" was resumed'],
  ['provider.down', { provider: 'openai', since: '2026-11-01T08:00:00Z' }, 'OpenAI is failing'],
  ['provider.recovered', { provider: 'openai' }, 'OpenAI answers again'],
  ['provider.refused_account', { provider: 'openai', model: null, message: null }, 'OpenAI rejected the account'],
  ['provider.refused_account', { provider: 'openai', model: 'gpt-4o' }, 'OpenAI rejected the model gpt-4o'],
  ['budget.reset', { budget: { name: 'Acme', limit_usd: 5 } }, 'Budget "Acme" was reset'],
  ['client.lookalike', { tag: 'client_id', value: 'Acme', known: 'acme' }, '"Acme" looks like "acme"'],
  ['latency.degraded', { provider: 'openai', model: 'gpt-4o', p95_ms: 9000, usual_p95_ms: 900 }, 'gpt-4o is slow'],
] as const)('%s has words of its own', (type, data, subject) => {
  expect(textOf({ ...sampleEvent, type, data }).subject).toBe(subject);
});

test.each([
  [
    'scenario.paused',
    { scenario: { id: '42' }, reason: 'It made more than 10 calls in a minute.', by: 'loop_breaker' },
    'Paused by the loop breaker. Reason: It made more than 10 calls in a minute.',
  ],
  ['scenario.resumed', { scenario: { id: '42' }, by: 'Owner' }, 'Resumed by Owner.'],
  [
    'provider.down',
    { provider: 'openai', since: '2026-11-01T08:00:00Z' },
    'It has been failing since 1 November 2026, 08:00 (UTC). Calls fall back to other providers where possible.',
  ],
  [
    'latency.degraded',
    { provider: 'openai', model: 'gpt-4o', p95_ms: 9000, usual_p95_ms: 900 },
    'OpenAI takes 9 s to answer (95th percentile), usually 0.9 s.',
  ],
  [
    'client.lookalike',
    { tag: 'client_id', value: 'Acme', known: 'acme' },
    'A call named the client "Acme", which differs from "acme" by case only. The gateway counts them separately. If they are the same, correct the call.',
  ],
  ['budget.reset', { budget: { name: 'Acme', limit_usd: 5 } }, 'The limit is $5.00.'],
] as const)('%s is explained in a plain sentence', (type, data, line) => {
  expect(textOf({ ...sampleEvent, type, data }).lines[0]).toBe(line);
});

test('an alert leads to the screen where something can be done, where the gateway knows its own address', () => {
  const url = 'https://gateway.example/app/budgets?budget=bud_01k2';
  expect(linkOf(sampleEvent, 'https://gateway.example')).toEqual({ label: 'Open the budget', url });
  expect(linkOf(sampleEvent, '')).toBeUndefined();
  const { text } = JSON.parse(slackBody(sampleEvent, 'https://gateway.example')) as { text: string };
  expect(text.split('\n').at(-1)).toBe(`<${url}|Open the budget>`);
});

test('a test of alerts and an alert of test mode have no link, since it would lead to a thing that is not there', () => {
  const madeUp = { ...sampleEvent, data: { ...sampleEvent.data, test: true } };
  for (const event of [madeUp, { ...sampleEvent, livemode: false }]) {
    expect(linkOf(event, 'https://gateway.example')).toBeUndefined();
    expect(slackBody(event, 'https://gateway.example')).not.toContain('/app/');
  }
});

test.each([
  ['client_id', '/app/clients'],
  ['project', '/app/usage?by=project'],
  ['scenario_id', '/app/calls?range=week&scenario_id=Acme%20%26%20Co'],
])('an alert of a lookalike of a %s leads to where those are', (tag, path) => {
  const data = { tag, value: 'Acme & Co', known: 'acme & co' };
  const event = { ...sampleEvent, type: 'client.lookalike' as const, data };
  expect(linkOf(event, 'https://gateway.example')?.url).toBe(`https://gateway.example${path}`);
});

test.each(alerts.flatMap(({ events, sample }) => events.map((type) => [type, sample] as const)))(
  'an alert of %s leads to one address of the gateway, or says it in its text',
  (type, sample) => {
    const event = { ...sampleEvent, type, data: sample };
    const { url } = linkOf(event, 'https://gateway.example') ?? {};
    const text = textOf(event).lines.join(' ');
    expect(url ?? text).toMatch(/https:\/\/[^ ]+\/(app|status)/);
  },
);

test('an alert of a budget for one scenario names the scenario in both of its lines', () => {
  const data = {
    percent: 100,
    budget: { ...sampleEvent.data.budget, scope: { scenario_id: '42' } },
    scenario_id: '42',
  };
  expect(textOf({ ...sampleEvent, type: 'budget.exceeded', data }, () => 'Newsletter').lines.slice(1)).toEqual([
    'Calls of scenario Newsletter (42) are refused while it cannot pay for them. Raise it to let them go on.',
    'Triggered by a call for scenario Newsletter (42).',
  ]);
});

test('a scenario is told by its name and its clients, with the id that its platform shows', () => {
  const names = (id: string): string | null => (id === '42' ? 'Newsletter' : null);
  expect(textOf(sampleEvent, names).lines).toContain(
    'Triggered by a call for client acme, scenario Newsletter (42), platform make.',
  );
  const clients = [
    { client_id: 'acme', name: 'Acme Ltd' },
    { client_id: 'globex', name: 'Globex' },
  ];
  const paused = (scenario: object) =>
    textOf({ ...sampleEvent, type: 'scenario.paused', data: { scenario, reason: null, by: 'Owner' } }, names);
  expect(paused({ id: '42', name: null, clients, client_count: 2 })).toEqual({
    subject: 'Scenario "Newsletter" (42) was paused',
    lines: ['Paused by Owner.', 'It calls for Acme Ltd and Globex.'],
  });
  // A name that was taken away is told no more; one is read off the event only where today's is not known.
  expect(paused({ id: '43', name: 'At that time', clients, client_count: 9 })).toEqual({
    subject: 'Scenario "43" was paused',
    lines: ['Paused by Owner.', 'It calls for Acme Ltd, Globex and 7 more.'],
  });
  const data = { scenario: { id: '43', name: 'At that time' }, reason: null, by: 'Owner' };
  expect(textOf({ ...sampleEvent, type: 'scenario.paused', data }).subject).toBe(
    'Scenario "At that time" (43) was paused',
  );
  const task = { model: 'gpt-4o-mini', baseline_model: 'gpt-4o', pairs: 30, agreement: 1, scenario_id: '42' };
  expect(textOf({ ...sampleEvent, type: 'auto.task_cleared', data: task }, names).lines[0]).toContain(
    'It was last called by scenario Newsletter (42).',
  );
});
