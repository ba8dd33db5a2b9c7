import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventsOf, eventually, type GatewayEvent, json } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';
import { type Automation, type Platform, platforms, type Row } from './platforms.ts';

/** A builder's day on each platform; the gateway's records afterwards must be the same. */
interface Story {
  name: string;
  /** Its calls and events are those of a client of this name. */
  client: string;
  live(automation: Automation, gateway: TestGateway): Promise<Expected>;
  /** The builder's view of it. */
  expected: Expected;
  /** Its calls, oldest first. */
  calls: Row[];
  /** Its events, oldest first. */
  events: Row[];
}

type Expected = Record<string, unknown>;

/** A hundred tokens, or as many as are asked for, at $0.60 for a million; the prompt’s one token costs $0.15 for a million. */
const hundredTokens = { tokens: 100 };
const oneAnswer = 0.00006015;

const stories: Story[] = [
  {
    name: 'a call for a client’s project is on the client’s bill, under the scenario that made it',
    client: 'acme',
    live: async (automation, { fakes }) => {
      fakes.openai.reply({ text: 'Good day.', usage: { input: 1_000, output: 500 } });
      return automation.chat({ client: 'acme', project: 'newsletter' });
    },
    expected: {
      text: 'Good day.',
      finish_reason: 'stop',
      usage: { input_tokens: 1_000, output_tokens: 500, total_tokens: 1_500 },
      cost_usd: 0.00045,
      budget_remaining_usd: null,
      provider: 'openai',
    },
    calls: [
      {
        client_id: 'acme',
        project: 'newsletter',
        scenario_id: 'this one',
        status: 'succeeded',
        input_tokens: 1_000,
        output_tokens: 500,
        cost_usd: 0.00045,
      },
    ],
    events: [],
  },
  {
    name: 'a scenario named by hand wins over the one it runs in',
    client: 'by-hand',
    live: (automation) => automation.chat({ client: 'by-hand', scenario: 'Rechnungen “neu”' }),
    expected: { finish_reason: 'stop' },
    calls: [{ client_id: 'by-hand', project: null, scenario_id: 'Rechnungen “neu”', status: 'succeeded' }],
    events: [],
  },
  {
    name: 'an answer by a schema comes parsed',
    client: 'sorted',
    live: async (automation, { fakes }) => {
      fakes.openai.reply({ text: '{"kind":"invoice"}' });
      const schema = {
        type: 'object',
        properties: { kind: { type: 'string' } },
        required: ['kind'],
        additionalProperties: false,
      };
      const { json: parsed } = await automation.chat({ client: 'sorted', prompt: 'Sort {{this}} mail', schema });
      const { messages, response_format } = fakes.openai.requests.at(-1)?.json ?? {};
      return { parsed, messages, response_format };
    },
    expected: {
      parsed: { kind: 'invoice' },
      messages: [{ role: 'user', content: 'Sort {{this}} mail' }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true } },
    },
    calls: [{ client_id: 'sorted', status: 'succeeded', error_code: null }],
    events: [],
  },
  {
    name: 'a budget stops a loop, with alerts on the way; raised, it goes on',
    client: 'looping',
    live: async (automation, { fakes }) => {
      fakes.openai.usually(hundredTokens);
      const ask = { client: 'looping', maxTokens: 100 };
      const budget = await automation.createBudget({ name: 'Looping', limitUsd: 0.0002, client: 'looping' });
      const before = await automation.checkBudget('looping');
      const answered: unknown[] = [];
      let refusal = '';
      for (let round = 0; round < 9 && refusal === ''; round++)
        await automation.chat(ask).then(
          ({ budget_remaining_usd: left }) => answered.push(left),
          (error: Error) => {
            refusal = error.message;
          },
        );
      const { allowed, reason } = await automation.checkBudget('looping');
      const { limit_usd } = await automation.raiseBudget(String(budget.id), 0.0002);
      const { finish_reason, budget_remaining_usd } = await automation.chat(ask);
      return {
        before: before.allowed,
        answered,
        refusedFor: /Looping/.exec(refusal)?.[0],
        after: { allowed, reason },
        raisedTo: limit_usd,
        goesOn: { finish_reason, budget_remaining_usd },
      };
    },
    expected: {
      before: true,
      answered: [0.00013985, 0.0000797, 0.00001955, 0.0000038],
      refusedFor: 'Looping',
      after: { allowed: false, reason: 'budget_exceeded' },
      raisedTo: 0.0004,
      goesOn: { finish_reason: 'stop', budget_remaining_usd: 0.00014365 },
    },
    calls: [
      { status: 'succeeded', output_tokens: 100, cost_usd: oneAnswer },
      { status: 'succeeded', output_tokens: 100, cost_usd: oneAnswer },
      { status: 'succeeded', output_tokens: 100, cost_usd: oneAnswer },
      { status: 'succeeded', output_tokens: 26, cost_usd: 0.00001575 },
      { status: 'succeeded', output_tokens: 100, cost_usd: oneAnswer },
    ],
    events: [
      { type: 'budget.threshold_reached', data: { percent: 80, client_id: 'looping', budget: { name: 'Looping' } } },
      { type: 'budget.threshold_reached', data: { percent: 90, client_id: 'looping', budget: { name: 'Looping' } } },
      { type: 'budget.exceeded', data: { percent: 100, client_id: 'looping', scenario_id: 'this one' } },
    ],
  },
  {
    name: 'an alert starts an automation; switched off, it leaves no subscription behind',
    client: 'alerted',
    live: async (automation, gateway) => {
      gateway.fakes.openai.usually(hundredTokens);
      await automation.createBudget({ name: 'Alerted', limitUsd: 0.00007, client: 'alerted' });
      const subscriptions = async () => (await json<{ data: Row[] }>(gateway.get('/v1/webhooks'))).data;
      const started = await automation.startAtAlertsOf('alerted');
      const [subscription] = await subscriptions();
      await automation.chat({ client: 'alerted', maxTokens: 100 });
      const { type, percent, client_id, budget } = await started.firstAlert();
      await started.switchOff();
      return {
        subscribed: { events: subscription?.events, filter: subscription?.filter },
        startedWith: { type, percent, client_id, budget },
        leftOver: await subscriptions(),
      };
    },
    expected: {
      subscribed: { events: ['budget.threshold_reached', 'budget.exceeded'], filter: { client_id: 'alerted' } },
      startedWith: {
        type: 'budget.threshold_reached',
        percent: 80,
        client_id: 'alerted',
        budget: { name: 'Alerted', limit_usd: 0.00007, spent_usd: oneAnswer },
      },
      leftOver: [],
    },
    calls: [{ client_id: 'alerted', scenario_id: 'this one', cost_usd: oneAnswer }],
    events: [{ type: 'budget.threshold_reached', data: { percent: 80, scenario_id: 'this one' } }],
  },
  {
    name: 'a scenario is paused, refused meanwhile, and resumed',
    client: 'paused',
    live: async (automation) => {
      const ask = { client: 'paused', scenario: 'runaway' };
      await automation.chat(ask);
      const { state, reason } = await automation.pause('runaway', 'Under repair');
      const refusal = await automation.chat(ask).then(
        () => '',
        (error: Error & { description?: string }) => `${error.message} ${error.description ?? ''}`,
      );
      const resumed = await automation.resume('runaway');
      await automation.chat(ask);
      return { state, reason, refusedFor: /Under repair/.exec(refusal)?.[0], resumed: resumed.state };
    },
    expected: { state: 'paused', reason: 'Under repair', refusedFor: 'Under repair', resumed: 'running' },
    calls: [
      { scenario_id: 'runaway', status: 'succeeded' },
      { scenario_id: 'runaway', status: 'succeeded' },
    ],
    events: [
      { type: 'scenario.paused', data: { by: 'Owner', scenario: { id: 'runaway' } } },
      { type: 'scenario.resumed', data: { scenario: { id: 'runaway' } } },
    ],
  },
  {
    name: 'at the end of the month: what the client used, and an invoice with the markup on it',
    client: 'billed',
    live: async (automation, gateway) => {
      const from = new Date(Date.now() - 60_000);
      await json(gateway.send('PUT', '/v1/clients/billed', { name: 'Billed Ltd', markup_percent: 25 }));
      gateway.fakes.openai.usually({ usage: { input: 1_000_000, output: 1_000_000 } });
      for (let at = 0; at < 2; at++) await automation.chat({ client: 'billed' });
      const { requests, cost_usd, billable_usd } = await eventually(async () => {
        const row = await automation.usageOf('billed');
        expect(row.requests).toBe(2);
        return row;
      });
      const invoice = await automation.invoice('billed', from, new Date());
      return { used: { requests, cost_usd, billable_usd }, invoice: { status: invoice.status, total: invoice.total } };
    },
    expected: { used: { requests: 2, cost_usd: 1.5, billable_usd: 1.875 }, invoice: { status: 'issued', total: 1.88 } },
    calls: [{ cost_usd: 0.75 }, { cost_usd: 0.75 }],
    events: [],
  },
  {
    name: 'an equal question is answered from memory, at no cost',
    client: 'remembered',
    live: async (automation, { fakes }) => {
      fakes.openai.usually({ text: 'Invoice', usage: { input: 1_000, output: 500 } });
      const ask = { client: 'remembered', prompt: 'Invoice or newsletter?', cacheSeconds: 3_600 };
      const first = await automation.chat(ask);
      const second = await automation.chat(ask);
      const other = await automation.chat({ ...ask, prompt: 'Newsletter or invoice?' });
      return {
        fromMemory: /^hit/.test(String(second.cache)),
        paid: [first, second, other].map(({ text, cost_usd, saved_usd }) => ({ text, cost_usd, saved_usd })),
        asked: fakes.openai.requests.length,
      };
    },
    expected: {
      fromMemory: true,
      paid: [
        { text: 'Invoice', cost_usd: 0.00045, saved_usd: null },
        { text: 'Invoice', cost_usd: 0, saved_usd: 0.00045 },
        { text: 'Invoice', cost_usd: 0.00045, saved_usd: null },
      ],
      asked: 2,
    },
    calls: [{ cost_usd: 0.00045 }, { cost_usd: 0 }, { cost_usd: 0.00045 }],
    events: [],
  },
  {
    name: 'a fallback model answers while a provider is down',
    client: 'failing-over',
    live: async (automation, { fakes }) => {
      fakes.openai.always({ kind: 'status', status: 500 });
      fakes.anthropic.reply({ text: 'Here I am.', usage: { input: 10, output: 10 } });
      return automation.chat({ client: 'failing-over', fallbackModels: ['claude-haiku-4-5'] });
    },
    expected: { text: 'Here I am.', provider: 'anthropic', cost_usd: 0.00006 },
    calls: [
      {
        model_requested: 'gpt-4o-mini',
        model: 'claude-haiku-4-5',
        provider: 'anthropic',
        status: 'succeeded',
        cost_usd: 0.00006,
      },
    ],
    events: [],
  },
];

/** By story, what each platform left on record. */
const records = new Map<string, Map<string, Recorded>>(stories.map(({ name }) => [name, new Map()]));

interface Recorded {
  calls: Row[];
  events: Row[];
}

describe.each(platforms)('on $name', (platform) => {
  let gateway: TestGateway;
  let automation: Automation;

  beforeAll(async () => {
    gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
    automation = await platform.open(gateway.url, liveKey);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.fakes.reset());

  test.each(stories)('$name', async ({ name, client, live, expected, calls, events }) => {
    const since = Date.now();
    expect(await live(automation, gateway)).toMatchObject(expected);
    const recorded = await eventually(async () => {
      const found = await onRecord(gateway, platform, client, since);
      expect(found).toMatchObject({ calls, events });
      return found;
    });
    for (const call of await callsOf(gateway, client)) {
      const { scenario_id, ...automatic } = platform.automatic;
      expect(call).toMatchObject(automatic);
      if (calls.some((expected) => expected.scenario_id === 'this one')) expect(call.scenario_id).toBe(scenario_id);
    }
    records.get(name)?.set(platform.name, recorded);
  });
});

test.each(stories)('every platform leaves the same on record: $name', ({ name }) => {
  const recorded = records.get(name) ?? new Map();
  expect([...recorded.keys()]).toEqual(['make', 'zapier', 'n8n']);
  for (const other of ['zapier', 'n8n']) expect(recorded.get(other)).toEqual(recorded.get('make'));
});

async function callsOf(gateway: TestGateway, client: string): Promise<Row[]> {
  const { data } = await json<{ data: Row[] }>(gateway.get(`/v1/usage/requests?client_id=${client}&limit=100`));
  return data.toReversed();
}

async function onRecord(gateway: TestGateway, platform: Platform, client: string, since: number): Promise<Recorded> {
  const events = (await eventsOf(gateway)).filter(({ created_at }) => Date.parse(created_at) >= since).toReversed();
  return {
    calls: (await callsOf(gateway, client)).map((call) => comparable(call, platform)),
    events: events.map((event) => comparable(event, platform)) as (Row & GatewayEvent)[],
  };
}

/** Times, durations and ids differ from run to run, and the automatic tags from platform to platform; all else is compared. */
function comparable<Value>(value: Value, { automatic }: Platform): Value {
  return JSON.parse(
    JSON.stringify(value, (name, part: unknown) => {
      if (name.endsWith('_ms')) return 'so long';
      if (typeof part !== 'string') return name in automatic && part === null ? 'of the platform' : part;
      if (/^\d{4}-\d\d-\d\dT/.test(part)) return 'some time';
      if (/^[a-z]+_[0-9A-Za-z]{16,}$/.test(part)) return part.split('_')[0];
      if (part === automatic.scenario_id) return 'this one';
      return Object.values(automatic).includes(part) ? 'of the platform' : part;
    }),
  ) as Value;
}
