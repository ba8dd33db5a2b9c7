import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDearCall } from '../../support/dear-call.ts';
import { draftExperiment, makePrompt, sortMails } from '../../support/prompts.ts';
import { startReceiver } from '../../support/receiver.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { shapeDifferences } from '../sample-shape.ts';
import { misfits, steps, visible } from './definition.ts';
import { type Json, methodsOf, type OpenApp, openApp } from './zapier-host.ts';

/** Runs each step with the results of the earlier ones, by both of the vendor's ways: tester and handler. */

let gateway: TestGateway;
let zap: OpenApp;
const made: Record<string, Json> = {};
/** An experiment is adopted once, so each of the two ways has its own. */
const drafts: Record<string, string> = {};

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  await makePrompt(gateway, 'sort-mails', sortMails);
  for (const name of ['every', 'every-2']) {
    drafts[name] = (await draftExperiment(gateway, 'sort-mails', { name })).id;
    await makeDearCall(gateway, name);
  }
  zap = openApp({ url: gateway.url, key: liveKey, zapId: '42' });
});
afterAll(() => gateway.stop());

const chat = { model: 'gpt-4o-mini', prompt: 'Hi', client_id: 'every', project: 'every', scenario_id: 'every' };
const yesterday = () => new Date(Date.now() - 86_400_000).toISOString();

/** The input of each step; `client` differs between the two ways, because no call is billed twice. */
const everyStep: [key: string, fields: (client: string) => Json][] = [
  ['budgets_create', () => ({ name: 'Every', limit_usd: 5, scope__client_id: 'every' })],
  ['budgets_raise', () => ({ id: made.budgets_create?.id, by_usd: 1 })],
  ['chat_complete', (client) => ({ ...chat, client_id: client })],
  ['prompts_run', (client) => ({ id: 'sort-mails', variables__mail: 'Hi', client_id: client })],
  ['prompts_list', () => ({ search: 'sort' })],
  ['feedback_create', () => ({ request_id: made.prompts_run?.request_id, score: 'up' })],
  ['experiments_list', () => ({})],
  ['experiments_start', (client) => ({ id: drafts[client] })],
  ['experiments_results', (client) => ({ id: drafts[client] })],
  ['experiments_stop', (client) => ({ id: drafts[client] })],
  ['experiments_adopt', (client) => ({ id: drafts[client], arm: 'B' })],
  ['budgets_check', () => ({ client_id: 'every' })],
  ['budgets_list', () => ({ client_id: 'every' })],
  ['usage_clients', () => ({ client_id: 'every', from: yesterday() })],
  ['savings_get', () => ({ group_by: 'client', from: yesterday() })],
  ['usage_requests', () => ({ client_id: 'every' })],
  ['scenarios_pause', () => ({ id: 'every', reason: 'Tests' })],
  ['scenarios_resume', () => ({ id: 'every' })],
  ['models_list', () => ({ limit: 1 })],
  ['clients_list', () => ({ search: 'every' })],
  ['projects_list', () => ({ search: 'every' })],
  ['scenarios_list', () => ({ search: 'every' })],
  ['events_list', () => ({ type: 'scenario.paused' })],
  ['invoices_create', (client) => ({ client_id: client, from: yesterday(), to: new Date().toISOString() })],
  ['api_request', () => ({ method: 'GET', path: '/v1/clients' })],
];

test('every step of the app is run here', () => {
  const all = visible.filter(({ kind }) => kind !== 'triggers').map(({ step }) => step.key);
  expect(everyStep.map(([key]) => key).sort()).toEqual(all.sort());
});

describe.each(everyStep)('%s', (key, fields) => {
  const { kind, outputs, sample } = steps.find(({ step, hidden }) => step.key === key && !hidden) ?? {
    kind: 'creates' as const,
    outputs: [],
    sample: {},
  };

  const check = (answer: unknown): Json => {
    const [one = {}] = Array.isArray(answer) ? (answer as Json[]) : [answer as Json];
    expect(misfits(outputs, one)).toEqual([]);
    // The sample is what the API really answers, field by field, however deep; the JSON of an answer is each Zap's own.
    expect(shapeDifferences(sample, one).filter((text) => text !== 'json is not in the sample')).toEqual([]);
    return one;
  };

  test('answers in the tester as its sample and its output fields say', async () => {
    made[key] = check(await zap.run(methodsOf(zap, key, kind).perform, fields('every')));
  });

  test('answers in Zapier’s own handler the same way', async () => {
    check((await zap.execute(`${kind}.${key}.operation.perform`, fields('every-2'))).results);
  });
});

describe.each(['budget_alert', 'scenario_paused', 'provider_down'])('%s', (key) => {
  test('subscribes, lists and unsubscribes in the tester and in the handler', async () => {
    const receiver = await startReceiver();
    const target = { targetUrl: receiver.url };
    const hook = methodsOf(zap, key);
    const first = await zap.run(hook.performSubscribe, {}, target);
    const { results } = await zap.execute(`triggers.${key}.operation.performSubscribe`, {}, target);
    // The same address, events and filter again are the same subscription.
    expect(results).toEqual(first);
    expect(await zap.run(hook.performList, {})).toEqual(
      (await zap.execute(`triggers.${key}.operation.performList`, {})).results,
    );
    await zap.execute(`triggers.${key}.operation.performUnsubscribe`, {}, { ...target, subscribeData: first });
    await zap.run(hook.performUnsubscribe, {}, { ...target, subscribeData: first });
    await receiver.stop();
  });
});

describe('forms', () => {
  test.each(steps.map(({ kind, step }) => `${kind}.${step.key}`))('%s', async (path) => {
    const { results } = await zap.execute(`${path}.operation.inputFields`, {});
    expect(Array.isArray(results)).toBe(true);
  });
});
