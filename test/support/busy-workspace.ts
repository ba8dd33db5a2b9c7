import { chat, eventually, hello, json } from './ask.ts';
import { callArms } from './call-arms.ts';
import { addSamples, learn } from './head-samples.ts';
import type { TestGateway } from './start-gateway.ts';

/*
 * An agency on an ordinary day, made by calls over HTTP against fake providers: nothing is written into the database by hand, so the
 * figures on its screens add up.
 */

const clients = { acme: 'Acme Ltd', globex: 'Globex', initech: 'Initech' };

/** Three clients, five scenarios, a budget near its limit, rules, a prompt, an experiment that is decided, heads, feedback, and savings of every kind. */
export async function fillWorkspace(
  gateway: TestGateway,
): Promise<{ experiment: string; call: string; scored: string }> {
  await fillPrompts(gateway);
  const experiment = await fillExperiment(gateway);
  await fillAuto(gateway);
  await fillHeads(gateway);
  for (const [id, name] of Object.entries(clients))
    await gateway.send('PUT', `/v1/clients/${id}`, { name, markup_percent: 20, currency: 'EUR', exchange_rate: 0.92 });
  const budget = { name: 'Acme, a month', limit_usd: 0.4, period: 'month', scope: { client_id: 'acme' } };
  await json(gateway.post('/v1/budgets', budget), 201);
  await json(gateway.post('/v1/budgets', { ...budget, name: 'Everything', limit_usd: 50, scope: {} }), 201);
  const uses = Object.keys(clients).flatMap((client, at) => Array.from({ length: 6 - at }, (_, n) => ({ client, n })));
  for (const { client, n } of uses) {
    gateway.fakes.openai.reply({ text: 'A newsletter.', usage: { input: 4_000 + 900 * n, output: 900 + 210 * n } });
    await gateway.post(chat, hello(), { ...from(client), 'x-scenario-id': String(40 + (n % 3)) });
  }
  await gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' });
  await json(gateway.post('/v1/keys', { name: 'Newsletter', role: 'caller', tags: { client_id: 'acme' } }), 201);
  const call = await fillRouting(gateway);
  return { experiment, call, scored: await fillFeedback(gateway) };
}

function from(client: string): Record<string, string> {
  return { 'x-client-id': client, 'x-scenario-platform': 'make' };
}

/** A prompt of two versions, with labels. */
async function fillPrompts(gateway: TestGateway): Promise<void> {
  const version = {
    messages: [
      { role: 'system', content: 'You answer e-mails of customers. Tone: {{tone}}.' },
      { role: 'user', content: '{{email}}' },
    ],
    variables: [
      { name: 'email', type: 'text', required: true, description: 'The e-mail to answer.' },
      { name: 'tone', type: 'choice', required: false, default: 'friendly', options: ['friendly', 'formal'] },
    ],
    model: 'gpt-4o-mini',
    parameters: { max_tokens: 400 },
    note: 'The first one',
  };
  const system = 'You answer e-mails of customers.\nKeep it under 80 words.\nTone: {{tone}}.';
  const shorter = { ...version, messages: [{ role: 'system', content: system }, version.messages[1]], note: 'Shorter' };
  const description = 'Answers an e-mail of a customer.';
  await json(gateway.post('/v1/prompts', { id: 'support-reply', name: 'Support reply', description }), 201);
  await json(gateway.post('/v1/prompts', { id: 'invoice-fields', name: 'Invoice fields', client_ids: ['acme'] }), 201);
  for (const one of [version, shorter]) await json(gateway.post('/v1/prompts/support-reply/versions', one), 201);
  const labels = { staging: [2], production: [1, 2] };
  for (const [label, versions] of Object.entries(labels))
    for (const one of versions)
      await json(
        gateway.send('PUT', `/v1/prompts/support-reply/labels/${label}`, { version: one, note: 'Better in the test' }),
      );
}

/** Two versions of the prompt, divided over runs; people like the second one better. Returns the id of the experiment once it is decided. */
async function fillExperiment(gateway: TestGateway): Promise<string> {
  const arms = [1, 2].map((version) => ({
    name: 'AB'[version - 1],
    weight: 50,
    prompt: { id: 'support-reply', version },
  }));
  const made = { name: 'tone', unit: 'execution', arms, metric: 'feedback', goal: 'up', guards: ['error'] };
  const { id } = await json<{ id: string }>(gateway.post('/v1/experiments', made), 201);
  await json(gateway.post(`/v1/experiments/${id}/start`, {}));
  gateway.fakes.openai.usually({ text: 'It arrives on Monday.', usage: { input: 300, output: 60 } });
  const body = {
    model: 'prompt',
    messages: undefined,
    prompt: { id: 'support-reply', variables: { email: 'Where is it?' } },
  };
  const calls = await callArms(gateway, { name: 'tone', arms: ['A', 'B'], runs: 120, body });
  const seen = new Map<string, number>();
  for (const { arm, requestId } of calls) {
    const at = (seen.get(arm) ?? 0) + 1;
    seen.set(arm, at);
    const isLiked = arm === 'A' ? at % 2 === 0 : at % 9 !== 0;
    await json(gateway.post('/v1/feedback', { request_id: requestId, score: isLiked ? 'up' : 'down' }));
  }
  await eventually(async () => {
    const { winner } = await json<{ winner: string | null }>(gateway.get(`/v1/experiments/${id}/results`));
    if (winner !== 'B') throw new Error('the experiment is not decided');
  }, 60_000);
  gateway.fakes.openai.reset();
  return id;
}

const spam = 'Classify the e-mail as spam or ham. Answer with one word.';
const extract = 'Extract the number of the invoice from the text. Answer with the number only.';

/** Simple tasks that go to the small model, answered by the strong one too: one of them is proven, and one stays open. */
async function fillAuto(gateway: TestGateway): Promise<void> {
  const pool = [
    { model: 'gpt-4o-mini', class: 'small' },
    { model: 'gpt-4o', class: 'strong' },
  ];
  const learning = { enabled: true, sample_percent: 100, max_usd_per_day: 5 };
  await json(gateway.send('PUT', '/v1/routing/auto', { pool, learning, baseline_model: 'gpt-4o', note: 'To save' }));
  const ask = async (system: string, at: number, usage: { input: number; output: number }, texts = ['spam']) => {
    for (const text of texts) gateway.fakes.openai.reply({ text, usage });
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: `The e-mail of customer ${at}.` },
    ];
    const client = Object.keys(clients)[at % 3] ?? 'acme';
    await json(gateway.post(chat, { model: 'auto', messages }, { ...from(client), 'x-scenario-id': '43' }));
    await eventually(() => {
      if (gateway.gateway.services.shadows.unfinished > 0) throw new Error('a second answer is under way');
    });
  };
  const proven = 90;
  for (let at = 0; at < proven; at++) await ask(spam, at, { input: 2_400, output: 3 }, ['spam', 'Spam.']);
  for (let at = 0; at < 12; at++)
    await ask(extract, at, { input: 5_200, output: 9 }, ['R-1042', at % 5 === 0 ? 'R-1024' : 'R-1042']);
  gateway.fakes.openai.reset();
}

/** An attempt that was no better, and two that were; the compared calls are written as the gateway writes them. */
async function fillHeads(gateway: TestGateway): Promise<void> {
  const models = { weak: 'gpt-4o-mini', strong: 'gpt-4o' };
  const batches = [{ count: 440, isTelling: false }, { count: 900 }, { count: 180 }];
  let from = 0;
  for (const batch of batches) {
    await addSamples(gateway, { ...models, ...batch, from });
    await learn(gateway);
    from += batch.count;
  }
}

/** Answers that people liked or not. Returns the call that two of them scored. */
async function fillFeedback(gateway: TestGateway): Promise<string> {
  const opinions = [
    { client: 'globex', score: 'up', comment: 'Ready to send' },
    { client: 'initech', score: 0.6 },
    { client: 'acme', score: 'down', comment: 'Wrong name of the customer' },
  ];
  let id = '';
  for (const { client, ...opinion } of opinions) {
    gateway.fakes.openai.reply({ text: 'Dear customer, …', usage: { input: 1_900, output: 240 } });
    const answer = await gateway.post(chat, hello(), { ...from(client), 'x-scenario-id': '41' });
    await answer.text();
    id = answer.headers.get('x-request-id') ?? '';
    await eventually(async () => json(await gateway.post('/v1/feedback', { request_id: id, ...opinion })));
  }
  const second = { request_id: id, score: 'down', name: 'team', comment: 'The text of the form has no name' };
  await json(gateway.post('/v1/feedback', second));
  gateway.fakes.openai.reset();
  return id;
}

/** Three rules, answers that were kept, and a conversation in the cache of its provider. Returns a call that a rule decided. */
async function fillRouting(gateway: TestGateway): Promise<string> {
  const hasImages = { field: 'has_images', eq: true };
  const isInvoice = { field: 'text', contains_any: ['invoice', 'Rechnung'] };
  const isNight = { field: 'hour', gte: 0, lte: 6, timezone: 'Europe/Berlin' };
  const rules = [
    {
      name: 'Invoices',
      when: { all: [{ field: 'client_id', in: ['acme'] }, isInvoice, { not: hasImages }] },
      then: { model: 'gpt-4o-mini', cap_output_tokens: 800 },
    },
    {
      name: 'Nights are quiet',
      when: { any: [isNight, { field: 'weekday', in: ['saturday', 'sunday'] }] },
      then: { auto: { dial: 'cost' } },
    },
  ];
  for (const rule of rules) await json(gateway.post('/v1/routing/rules', { ...rule, note: 'To save' }), 201);
  for (const client of ['acme', 'acme', 'globex', 'acme']) {
    gateway.fakes.openai.reply({ text: 'A newsletter.', usage: { input: 6_000, output: 700 } });
    await gateway.post(chat, hello({ model: 'gpt-4o' }), { ...from(client), 'x-gateway-cache': 'ttl=3600' });
  }
  gateway.fakes.openai.reset();
  const system = 'Answer in one word, and never guess. '.repeat(300);
  const turns = ['One?', 'One.', 'Two?'].map((content, at) => ({ role: at === 1 ? 'assistant' : 'user', content }));
  for (const usage of [{ cacheWrite: 12_000 }, { cached: 12_000 }, { cached: 12_000 }]) {
    gateway.fakes.anthropic.reply({ text: 'Two.', usage: { input: 12_040, output: 2, ...usage } });
    const body = { model: 'claude-sonnet-4-6', max_tokens: 20, system, messages: turns };
    await json(gateway.post('/v1/messages', body, from('initech')));
  }
  let call = '';
  for (let at = 0; at < 5; at++) {
    gateway.fakes.openai.reply({ text: 'Paid.', usage: { input: 7_000, output: 300 } });
    const messages = [{ role: 'user', content: `Please pay this invoice, number ${at}.` }];
    const answer = await gateway.post(chat, { model: 'auto', messages }, { ...from('acme'), 'x-scenario-id': '41' });
    await answer.text();
    call = answer.headers.get('x-request-id') ?? '';
  }
  return call;
}
