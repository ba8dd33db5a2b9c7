import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { App } from '../../support/make-runtime/load-app.ts';
import { createMakeRuntime } from '../../support/make-runtime/make-runtime.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { app, hostOf, type MakeHost } from './make-host.ts';

// It went wrong: the app and the runtime of these tests shared these misreadings of Make's documentation, so everything was green
// and nothing would have worked. Here each is put back into the app, to show that the runtime now refuses it.
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.fakes.reset());

type Code = Record<string, Record<string, unknown>>;

async function hostWith(change: (copy: App) => void): Promise<MakeHost> {
  const copy = structuredClone(app);
  change(copy);
  const runtime = createMakeRuntime({ app: copy, scenario: { id: 1, organizationId: 2 }, executionId: 'run' });
  return hostOf(runtime, await runtime.connect('apiKey', { baseUrl: gateway.url, apiKey: liveKey }));
}

const codeOf = (copy: App, kind: 'module' | 'webhook', id: string) => copy[kind][id]?.code as Code;
const steps = (copy: App) => copy.module.chatComplete?.code.communication as Record<string, unknown>[];

async function delivered(host: MakeHost) {
  const { hook, stop } = await host.onBudgetAlert();
  const headers = { 'x-gateway-token': hook.data.token };
  const body = { id: 'evt_1', type: 'budget.exceeded', created_at: '2026-11-01T08:00:00.000Z', data: { budget: {} } };
  const answer = await host.make.deliver('watchBudgetAlerts', hook, { headers, body });
  await stop();
  return answer;
}

describe('the app as it was does not run', () => {
  test('the app as it is now runs', async () => {
    const host = await hostWith(() => undefined);
    expect((await delivered(host)).bundles).toHaveLength(1);
    const schema = '{"type":"object"}';
    gateway.fakes.openai.reply({ text: '{"a":1}' });
    expect(await host.chat({ format: 'json_schema', schema })).toMatchObject({ json: { a: 1 } });
  });

  test('a verification that is true for genuine deliveries treats each as a handshake', async () => {
    const host = await hostWith((copy) => {
      const { communication } = codeOf(copy, 'webhook', 'budgetAlerts');
      Object.assign(communication ?? {}, {
        condition: undefined,
        verification: {
          condition: '{{ifempty(webhook.token, headers.`x-gateway-token`) == headers.`x-gateway-token`}}',
          respond: { status: 401, body: 'no' },
        },
      });
    });
    expect(await delivered(host)).toMatchObject({ response: { status: 401 }, bundles: [] });
  });

  test('a `valid` that compares a status fails every step without a request: chats and instant triggers', async () => {
    const host = await hostWith((copy) => {
      Object.assign((copy.base as Code).response ?? {}, { valid: '{{statusCode < 300}}' });
      delete steps(copy)[0]?.response;
      Object.assign(codeOf(copy, 'module', 'watchBudgetAlerts'), { communication: {} });
    });
    await expect(host.chat({})).rejects.toMatchObject({ type: 'RuntimeError' });
    expect(await delivered(host)).toMatchObject({ bundles: [], error: { type: 'RuntimeError' } });
  });

  test('a schema is not parsed twice', async () => {
    const host = await hostWith((copy) => {
      const temp = steps(copy)[0]?.temp as Record<string, unknown>;
      temp.given = "{{if(parameters.format == 'json_schema', parseJSON(parameters.schema), undefined)}}";
    });
    await expect(host.chat({ format: 'json_schema', schema: '{"type":"object"}' })).rejects.toThrow(/parseJSON/);
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('a page of other events hides the alerts behind it', async () => {
    const host = await hostWith((copy) => {
      const { communication } = codeOf(copy, 'module', 'watchNewBudgetAlerts');
      const { type: _, ...qs } = (communication?.qs ?? {}) as Record<string, unknown>;
      const response = communication?.response as Record<string, unknown>;
      response.iterate = { container: '{{body.data}}', condition: "{{item.type == 'budget.threshold_reached'}}" };
      Object.assign(communication ?? {}, { qs: { ...qs, limit: 1 } });
    });
    await host.act('budgetsCreate', { name: 'Hidden', limit_usd: 0.001, scope: { client_id: 'h' }, thresholds: [50] });
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 5_500, output: 0 } });
    await host.chat({ client_id: 'h', scenario_id: 's', max_tokens: 20 });
    await host.act('scenariosPause', { id: 's' });
    const found = await host.make.poll('watchNewBudgetAlerts', {
      connection: host.connection,
      parameters: { limit: 10 },
      state: {},
    });
    expect(found).toEqual([]);
  });
});
