import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from 'n8n-nodes-ai-gateway/nodes/AiGateway/generated-form.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serveElsewhere } from '../../support/elsewhere.ts';
import {
  draftExperiment,
  everyType,
  likeVersionTwo,
  makePrompt,
  sortMails,
  sortMailsBetter,
} from '../../support/prompts.ts';
import { pushExamplePrompts } from '../../support/push-example-prompts.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { everyOperation } from './every-operation.ts';
import { locator } from './forms.ts';
import { installN8n, packNodes, pinnedNodeEnv, root, sourceBeside } from './install-n8n.ts';
import { editorSettings, type Json, type RealN8n, startN8n, until } from './real-n8n.ts';
import { findChromium, photographEditor } from './screenshots.ts';
import { agentWith, type Credential, ourNode, to } from './workflow-parts.ts';

const wanted = process.env.CI === 'true' || process.env.N8N_HOST !== undefined;
if (!wanted) {
  console.log('real n8n: not run. It installs n8n 2.41.1 (2 GB, two minutes); CI=true or N8N_HOST=1 asks for it.');
}

describe.runIf(wanted)('in a real n8n', { timeout: 120_000 }, () => {
  let folder: string;
  let unpacked: string;
  let gateway: TestGateway;
  let n8n: RealN8n;
  let credentials: { aiGatewayApi: Credential; openAiApi: Credential };

  beforeAll(async () => {
    [folder, unpacked, gateway] = await Promise.all([
      installN8n(),
      packNodes(),
      startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', FIRST_BYTE_TIMEOUT_MS: '60000' }),
    ]);
    n8n = await startN8n(folder, unpacked);
    credentials = {
      aiGatewayApi: await credential('AI Gateway', 'aiGatewayApi', { baseUrl: gateway.url, apiKey: liveKey }),
      openAiApi: await credential('OpenAI', 'openAiApi', {
        apiKey: liveKey,
        url: `${gateway.url}/v1`,
        header: true,
        headerName: 'X-Client-ID',
        headerValue: '={{ $workflow.id }}/{{ $execution.id }}',
      }),
    };
  }, 900_000);
  afterAll(async () => {
    await n8n?.stop();
    await gateway?.stop();
    if (unpacked !== undefined) rmSync(join(unpacked, '..'), { recursive: true, force: true });
  });
  beforeEach(() => gateway.fakes.reset());

  async function credential(name: string, type: string, data: Json): Promise<Credential> {
    const { id } = await n8n.api('POST', '/credentials', { name, type, data });
    return { id: String(id), name };
  }

  const ours = (name: string, type: string, parameters: Json, position?: [number, number]): Json =>
    ourNode({ name, type, parameters, position, credential: credentials.aiGatewayApi });

  async function calls(query = ''): Promise<Json[]> {
    const page = (await (await gateway.get(`/v1/usage/requests?limit=50${query}`)).json()) as { data: Json[] };
    return page.data;
  }

  test('the packed package loads: node, tool, trigger, chat model and credential', async () => {
    const types = (await n8n.rest('GET', '/types/nodes.json')) as unknown as { name: string }[];
    const own = types
      .filter(({ name }) => name.startsWith('n8n-nodes-ai-gateway.'))
      .map(({ name }) => name.split('.')[1]);
    expect(own.sort()).toEqual(['aiGateway', 'aiGatewayTool', 'aiGatewayTrigger', 'lmChatAiGateway']);
  });

  test('the connection test says what it found', async () => {
    const tried = (data: Json) =>
      n8n.rest('POST', '/rest/credentials/test', {
        credentials: { id: credentials.aiGatewayApi.id, name: 'x', type: 'aiGatewayApi', data },
      });
    expect(await tried({ baseUrl: `${gateway.url}/v1/`, apiKey: liveKey })).toMatchObject({
      status: 'OK',
      message: expect.stringContaining('live key'),
    });
    expect(await tried({ baseUrl: gateway.url, apiKey: 'gw_live_wrong' })).toMatchObject({
      status: 'Error',
      message: expect.stringContaining('does not accept this key'),
    });
    expect(await tried({ baseUrl: 'http://127.0.0.1:9', apiKey: liveKey })).toMatchObject({
      status: 'Error',
      message: expect.stringContaining('Nothing listens'),
    });
    expect(await tried({ baseUrl: n8n.url, apiKey: liveKey })).toMatchObject({
      status: 'Error',
      message: expect.stringMatching(/not an AI Gateway|n’t an AI Gateway|not as an AI Gateway/),
    });
  });

  test('the model drop-down lists the gateway’s models and searches them', async () => {
    const asked = (filter?: string) =>
      n8n.rest('POST', '/rest/dynamic-node-parameters/resource-locator-results', {
        path: 'parameters.model',
        methodName: 'searchModels',
        nodeTypeAndVersion: { name: 'n8n-nodes-ai-gateway.aiGateway', version: 1 },
        currentNodeParameters: { resource: 'chat', operation: 'complete' },
        credentials: { aiGatewayApi: credentials.aiGatewayApi },
        ...(filter === undefined ? {} : { filter }),
      });
    expect(((await asked()).results as Json[])[0]).toMatchObject({ value: 'auto' });
    expect(((await asked('haiku')).results as Json[]).every(({ value }) => String(value).includes('haiku'))).toBe(true);
  });

  test('a chat completion is answered, and tagged with workflow, execution and node', async () => {
    gateway.fakes.openai.reply({ text: '{"category":"invoice"}', usage: { input: 20, output: 5 } });
    const execution = await n8n.runWorkflow(
      'Chat',
      [
        ours('分類', 'aiGateway', {
          resource: 'chat',
          operation: 'complete',
          model: locator('gpt-4o-mini'),
          prompt: 'Invoice or newsletter? {{ not n8n’s }}',
          outputFormat: 'json_schema',
          client: locator('Müller & Söhne'),
          options: { maxTokens: 50, project: locator('mail'), temperature: 0 },
        }),
      ],
      { Manual: to('分類') },
    );
    expect(n8n.itemsOf(execution, '分類')).toMatchObject([
      { json: { category: 'invoice' }, provider: 'openai', cost_usd: expect.any(Number), usage: { input_tokens: 20 } },
    ]);
    expect((await calls())[0]).toMatchObject({
      client_id: 'Müller & Söhne',
      project: 'mail',
      scenario_id: execution.workflowId,
      scenario_platform: 'n8n',
      execution_id: execution.id,
      node: '分類',
    });
  });

  /** Three items, of which the middle one is refused, through a node with this setting. */
  async function refusedInTheMiddle(onError: string, middle: Json) {
    const rows = [{ model: 'gpt-4o-mini' }, { model: 'gpt-4o-mini', ...middle }, { model: 'gpt-4o-mini' }];
    const builtIn = (name: string, type: string, typeVersion: number, parameters: Json): Json => ({
      id: name,
      name,
      type: `n8n-nodes-base.${type}`,
      typeVersion,
      position: [100, 0],
      parameters,
    });
    const ask = {
      ...ours('Ask', 'aiGateway', {
        resource: 'chat',
        operation: 'complete',
        model: { ...locator('x'), value: '={{ $json.model }}' },
        prompt: '={{ $json.prompt ?? "Hi" }}',
        client: { ...locator('x'), value: '={{ $json.client }}' },
        options: { scenario: { ...locator('x'), value: '={{ $json.scenario }}' }, maxTokens: '={{ "20" }}' },
      }),
      onError,
    };
    const execution = await n8n.runWorkflow(
      `On error: ${onError}`,
      [
        builtIn('Rows', 'set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify({ rows }), options: {} }),
        builtIn('Split', 'splitOut', 1, { fieldToSplitOut: 'rows', options: {} }),
        ask,
        builtIn('Good', 'noOp', 1, {}),
        builtIn('Bad', 'noOp', 1, {}),
      ],
      {
        Manual: to('Rows'),
        Rows: to('Split'),
        Split: to('Ask'),
        Ask: {
          main: [[{ node: 'Good', type: 'main', index: 0 }], [{ node: 'Bad', type: 'main', index: 0 }]],
        },
      },
    );
    return { status: execution.status, good: n8n.itemsOf(execution, 'Good'), bad: n8n.itemsOf(execution, 'Bad') };
  }

  describe('a refused item', () => {
    beforeAll(async () => {
      const asked = async (method: string, path: string, body: Json) =>
        expect((await gateway.send(method, path, body)).ok).toBe(true);
      await asked('POST', '/v1/budgets', { name: 'Nothing', scope: { client_id: 'broke' }, limit_usd: 0.000000001 });
      await gateway.post(
        '/v1/chat/completions',
        { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'x' }] },
        { 'x-scenario-id': 'paused-one' },
      );
      await asked('POST', '/v1/scenarios/paused-one/pause', { reason: 'a test' });
    });

    const refusals: [string, Json, string][] = [
      ['an unknown model', { model: 'no-such-model' }, 'model_not_found'],
      ['a spent budget', { client: 'broke' }, 'budget_exceeded'],
      ['a paused scenario', { scenario: 'paused-one' }, 'scenario_paused'],
      ['an empty prompt', { prompt: ' ' }, 'invalid_request'],
    ];

    test.each(refusals)('goes down the error output where the node is set so: %s', async (_why, middle) => {
      const { status, good, bad } = await refusedInTheMiddle('continueErrorOutput', middle);
      expect(status).toBe('success');
      expect(good).toHaveLength(2);
      expect(bad).toMatchObject([{ error: expect.stringMatching(/\w+ \w+/) }]);
    });

    test.each(refusals)('goes on with the others where the node is set to continue: %s', async (_why, middle, code) => {
      const { status, good, bad } = await refusedInTheMiddle('continueRegularOutput', middle);
      expect(status).toBe('success');
      expect(good).toMatchObject([{ text: expect.any(String) }, { code }, { text: expect.any(String) }]);
      expect(bad).toEqual([]);
    });

    test.each(refusals)('stops the workflow where the node is set so: %s', async (_why, middle) => {
      const { status, good, bad } = await refusedInTheMiddle('stopWorkflow', middle);
      expect([status, good, bad]).toEqual(['error', [], []]);
    });
  });

  test('every operation runs in one workflow, each with what the one before it made', async () => {
    await makePrompt(gateway, 'sort-mails', sortMails);
    await draftExperiment(gateway, 'sort-mails');
    expect(
      new Set(everyOperation.map(([, { resource, operation }]) => `${String(resource)}.${String(operation)}`)),
    ).toEqual(new Set([...Object.keys(operations), 'chat.complete']));
    const names = ['Manual', ...everyOperation.map(([name]) => name)];
    // The one call is worth an invoice: less than the smallest amount of a currency is not billed.
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 100_000 } });
    const execution = await n8n.runWorkflow(
      'Every operation',
      // A list may be empty, and what comes after it is to run all the same.
      everyOperation.map(([name, parameters], at) => ({
        ...ours(name, 'aiGateway', parameters, [200 * (at + 1), 0]),
        alwaysOutputData: true,
        executeOnce: true,
      })),
      Object.fromEntries(everyOperation.map(([name], at) => [names[at], to(name)])),
    );
    expect(execution.data.resultData.error).toBeUndefined();
    const first = (node: string) => n8n.itemsOf(execution, node)[0];
    expect(first('Raise')).toMatchObject({ limit_usd: 6 });
    expect(first('Chat')).toMatchObject({ budget_remaining_usd: expect.any(Number) });
    // An object that an expression gives is its JSON in a variable of the type text.
    expect(first('Prompt')).toMatchObject({ prompt: { id: 'sort-mails', version: 1 }, cost_usd: expect.any(Number) });
    expect(gateway.fakes.openai.requests.map(({ json }) => json.messages)).toContainEqual([
      { role: 'user', content: 'Sort this mail: {"subject":"Hi"}' },
    ]);
    expect(first('Check')).toMatchObject({ allowed: true, tightest: { name: 'Wf' } });
    expect(first('Usage')).toMatchObject({ client_id: 'wf', requests: 1 });
    expect(first('Calls')).toMatchObject({ scenario_id: 'mine', node: 'Chat' });
    expect(first('Pause')).toMatchObject({ id: 'mine', state: 'paused' });
    expect(first('Resume')).toMatchObject({ id: 'mine', state: 'running' });
    expect(first('Invoice')).toMatchObject({ status: 'issued' });
    expect(first('Models')).toMatchObject({ id: 'auto' });
    expect(Object.keys(execution.data.resultData.runData)).toEqual(expect.arrayContaining(names));
  });

  test('the variables of a prompt are fields of the node, and a value of each type arrives', async () => {
    await makePrompt(gateway, 'every-type', everyType);
    const id = locator('every-type');
    const { fields } = await n8n.rest('POST', '/rest/dynamic-node-parameters/resource-mapper-fields', {
      path: 'parameters.variables',
      methodName: 'getPromptsFields',
      nodeTypeAndVersion: { name: 'n8n-nodes-ai-gateway.aiGateway', version: 1 },
      currentNodeParameters: { resource: 'prompt', operation: 'run', id },
      credentials: { aiGatewayApi: credentials.aiGatewayApi },
    });
    expect((fields as Json[]).map(({ id: name }) => name)).toEqual(everyType.variables.map(({ name }) => name));
    const value = Object.fromEntries(
      Object.entries(everyType.values).map(([name, given]) => [
        name,
        // A text as a person types it, all else as an expression gives it.
        typeof given === 'string' ? given : `={{ JSON.parse(${JSON.stringify(JSON.stringify(given))}) }}`,
      ]),
    );
    const execution = await n8n.runWorkflow(
      'Prompt',
      [
        ours('Run', 'aiGateway', {
          resource: 'prompt',
          operation: 'run',
          id,
          variables: { mappingMode: 'defineBelow', value, matchingColumns: [], schema: fields },
          additionalFields: { clientId: locator('typed') },
        }),
      ],
      { Manual: to('Run') },
    );
    expect(execution.data.resultData.error).toBeUndefined();
    expect(n8n.itemsOf(execution, 'Run')).toMatchObject([{ prompt: { id: 'every-type', version: 1 } }]);
    expect(gateway.fakes.openai.requests.at(-1)?.json.messages).toEqual(everyType.sent);
    expect((await calls())[0]).toMatchObject({ client_id: 'typed', scenario_id: execution.workflowId, node: 'Run' });
  });

  /** A prompt's field as the editor keeps it. */
  const mailIs = (value: string): Json => ({
    mappingMode: 'defineBelow',
    value: { mail: value },
    matchingColumns: [],
    schema: [{ id: 'mail', displayName: 'mail', required: true, display: true, defaultMatch: false, type: 'string' }],
  });
  const experimentNode = (name: string, operation: string, id: string): Json => ({
    ...ours(name, 'aiGateway', { resource: 'experiment', operation, id: locator(id) }),
    executeOnce: true,
  });

  test('e-mails are classified with a prompt, B is better, B is adopted, and the savings are shown', async () => {
    const promptId = 'story';
    await makePrompt(gateway, promptId, sortMails);
    const better = { ...sortMailsBetter, parameters: { response_cache: { ttl_seconds: 3_600 } } };
    const { id } = await draftExperiment(gateway, promptId, { better });
    const run = (name: string, mail: string): Json =>
      ours(name, 'aiGateway', {
        resource: 'prompt',
        operation: 'run',
        id: locator(promptId),
        variables: mailIs(mail),
        additionalFields: { clientId: locator('story') },
      });
    const rows = Array.from({ length: 12 }, (_, at) => ({ mail: `Mail ${at}` }));
    const builtIn = (name: string, type: string, typeVersion: number, parameters: Json): Json => ({
      ...{ id: name, name, type: `n8n-nodes-base.${type}`, typeVersion, position: [100, 0], parameters },
    });
    const scored = await n8n.runWorkflow(
      'Story: classify and score',
      [
        experimentNode('Start', 'start', id),
        builtIn('Rows', 'set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify({ rows }), options: {} }),
        builtIn('Split', 'splitOut', 1, { fieldToSplitOut: 'rows', options: {} }),
        run('Classify', '={{ $json.mail }}'),
        ours('Score', 'aiGateway', {
          resource: 'feedback',
          operation: 'create',
          requestId: '={{ $json.request_id }}',
          score: '={{ $json.prompt.version === 2 ? "up" : "down" }}',
        }),
        experimentNode('Result', 'results', id),
      ],
      {
        ...{ Manual: to('Start'), Start: to('Rows'), Rows: to('Split'), Split: to('Classify') },
        ...{ Classify: to('Score'), Score: to('Result') },
      },
    );
    expect(scored.data.resultData.error).toBeUndefined();
    expect(n8n.itemsOf(scored, 'Score')).toHaveLength(12);
    expect(n8n.itemsOf(scored, 'Result')).toMatchObject([{ text: expect.stringMatching(/^Too early: 12 of about /) }]);

    await likeVersionTwo(gateway, { promptId, experimentId: id });
    const adopted = await n8n.runWorkflow(
      'Story: adopt and save',
      [
        experimentNode('Result', 'results', id),
        builtIn('Is one better?', 'if', 2.2, {
          conditions: {
            combinator: 'and',
            options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
            conditions: [
              {
                ...{ id: 'better', leftValue: '={{ $json.verdict }}', rightValue: 'better' },
                operator: { type: 'string', operation: 'equals' },
              },
            ],
          },
          options: {},
        }),
        experimentNode('Adopt', 'adopt', id),
        run('Ask', 'Invoice 4711'),
        run('Ask again', 'Invoice 4711'),
        ours('Savings', 'aiGateway', { resource: 'saving', operation: 'get', groupBy: 'client', returnAll: true }),
      ],
      {
        ...{ Manual: to('Result'), Result: to('Is one better?'), 'Is one better?': to('Adopt') },
        ...{ Adopt: to('Ask'), Ask: to('Ask again'), 'Ask again': to('Savings') },
      },
    );
    expect(adopted.data.resultData.error).toBeUndefined();
    expect(n8n.itemsOf(adopted, 'Result')).toMatchObject([
      { winner: 'B', text: expect.stringMatching(/^B is better: .* thumbs up .*You can adopt it\.$/) },
    ]);
    expect(n8n.itemsOf(adopted, 'Adopt')).toMatchObject([
      { adopted: { arm: 'B', prompt: { id: promptId, version: 2 } } },
    ]);
    const [first] = n8n.itemsOf(adopted, 'Ask');
    expect(first).toMatchObject({ prompt: { version: 2 }, cost_usd: expect.any(Number) });
    expect(n8n.itemsOf(adopted, 'Ask again')).toMatchObject([
      { cache: 'hit', cost_usd: 0, saved_usd: first?.cost_usd },
    ]);
    const saved = n8n.itemsOf(adopted, 'Savings').find(({ client_id }) => client_id === 'story');
    expect(saved).toMatchObject({ saved_usd: { response_cache: first?.cost_usd } });
  });

  test('the execution shows what happened and what to do when the budget is spent', async () => {
    await gateway.post('/v1/budgets', { name: 'None', limit_usd: 0.0000001, scope: { client_id: 'poor' } });
    const execution = await n8n.runWorkflow(
      'Poor',
      [
        ours('Chat', 'aiGateway', {
          resource: 'chat',
          operation: 'complete',
          model: locator('gpt-4o'),
          prompt: 'Hi',
          client: locator('poor'),
        }),
      ],
      { Manual: to('Chat') },
    );
    expect(execution.status).toBe('error');
    expect(execution.data.resultData.error).toMatchObject({
      message: expect.stringContaining('None'),
      description: expect.stringContaining('Raise the budget'),
    });
  });

  test('a prompt of a megabyte is sent, and an answer that takes longer than 30 seconds is waited for', async () => {
    gateway.fakes.gemini.fault({ kind: 'delay', ms: 31_000 });
    const prompt = `{{ braces }} ${'long '.repeat(200_000)}`;
    const execution = await n8n.runWorkflow(
      'Slow',
      [
        ours('Chat', 'aiGateway', {
          resource: 'chat',
          operation: 'complete',
          model: locator('gemini-3.5-flash'),
          prompt,
        }),
      ],
      { Manual: to('Chat') },
    );
    expect(n8n.itemsOf(execution, 'Chat')).toMatchObject([{ text: expect.any(String), provider: 'gemini' }]);
    expect(JSON.stringify(gateway.fakes.gemini.requests[0]?.json)).toContain(prompt.trim());
  });

  test('a stopped execution asks for no further item', async () => {
    gateway.fakes.openai.fault({ kind: 'held' });
    const rows = JSON.stringify({ rows: [{ at: 1 }, { at: 2 }, { at: 3 }] });
    const builtIn = { typeVersion: 1, position: [100, 0] };
    const chat = { resource: 'chat', operation: 'complete', model: locator('gpt-4o-mini'), prompt: 'Hi' };
    const execution = await n8n.runWorkflow(
      'Stopped',
      [
        {
          ...builtIn,
          ...{ id: 'Rows', name: 'Rows', type: 'n8n-nodes-base.set', typeVersion: 3.4 },
          parameters: { mode: 'raw', jsonOutput: rows, options: {} },
        },
        {
          ...builtIn,
          ...{ id: 'Split', name: 'Split', type: 'n8n-nodes-base.splitOut' },
          parameters: { fieldToSplitOut: 'rows', options: {} },
        },
        ours('Chat', 'aiGateway', chat),
      ],
      { Manual: to('Rows'), Rows: to('Split'), Split: to('Chat') },
      async (executionId) => {
        await until('the model to be asked', async () => gateway.fakes.openai.requests.length > 0);
        await n8n.rest('POST', `/rest/executions/${executionId}/stop`);
      },
    );
    expect(execution.status).toBe('canceled');
    gateway.fakes.openai.release();
    await until('the record of the call', async () => (await calls())[0]?.status !== 'open');
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  test('a base URL that redirects is named, and the key is not sent along', async () => {
    const target = await serveElsewhere({ status: 200, body: '{}' });
    const from = await serveElsewhere({ status: 307, location: target.url });
    const data = { baseUrl: from.url, apiKey: liveKey };
    const { id } = await credential('Leads elsewhere', 'aiGatewayApi', data);
    const tested = await n8n.rest('POST', '/rest/credentials/test', {
      credentials: { id, name: 'Leads elsewhere', type: 'aiGatewayApi', data },
    });
    expect(tested).toMatchObject({ status: 'Error', message: expect.stringContaining(target.url) });
    const me = {
      ...ours('Me', 'aiGateway', { resource: 'me', operation: 'get' }),
      credentials: { aiGatewayApi: { id, name: 'x' } },
    };
    const execution = await n8n.runWorkflow('Leads elsewhere', [me], { Manual: to('Me') });
    expect(execution.data.resultData.error?.message).toContain(target.url);
    expect(target.received).toEqual([]);
    target.stop();
    from.stop();
  });

  test('an alert starts a published workflow, and unpublishing ends the subscription', async () => {
    const name = 'Alerts';
    const trigger = ours('Alert', 'aiGatewayTrigger', {
      events: ['budgetAlert'],
      filters: { client: locator('watched') },
    });
    const after = {
      id: 'after',
      name: 'After',
      type: 'n8n-nodes-base.noOp',
      typeVersion: 1,
      position: [200, 0],
      parameters: {},
    };
    const { id } = await n8n.api('POST', '/workflows', {
      name,
      nodes: [trigger, after],
      connections: { Alert: to('After') },
      settings: editorSettings,
    });
    await n8n.api('POST', `/workflows/${String(id)}/publish`);
    const subscribed = async () => {
      const { data } = (await (await gateway.get('/v1/webhooks')).json()) as { data: Json[] };
      return data.filter(({ external_id }) => external_id === id);
    };
    expect(await subscribed()).toMatchObject([
      { platform: 'n8n', filter: { client_id: 'watched' }, url: expect.stringContaining(n8n.url) },
    ]);

    const [{ url } = {}] = await subscribed();
    const forged = await fetch(String(url), { method: 'POST', body: '{"type":"budget.exceeded"}' });
    expect(forged.status).toBe(401);

    await gateway.post('/v1/budgets', { name: 'Watched', limit_usd: 0.001, scope: { client_id: 'watched' } });
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 5_500, output: 0 } });
    await gateway.post(
      '/v1/chat/completions',
      { model: 'gpt-4o-mini', max_tokens: 20, messages: [{ role: 'user', content: 'Hi' }] },
      { 'x-client-id': 'watched' },
    );
    const executions = await until('the alert to arrive', async () => {
      const all = await n8n.executions(String(id));
      return all.length > 0 && all.every(({ status }) => status === 'success') && all;
    });
    // The forged one is not among them.
    const [execution] = executions;
    if (execution === undefined || executions.length > 1) throw new Error(`there are ${executions.length} executions`);
    expect(n8n.itemsOf(execution, 'Alert')).toMatchObject([
      { type: 'budget.threshold_reached', data: { client_id: 'watched', budget: { name: 'Watched' } } },
    ]);

    await n8n.api('POST', `/workflows/${String(id)}/unpublish`);
    await until('the subscription to end', async () => (await subscribed()).length === 0);
  });

  test('an AI Agent thinks with our chat model and uses our node as a tool, tagged like the rest', async () => {
    gateway.fakes.openai.reply(
      { toolCalls: [{ name: 'Check_budget', arguments: {} }] },
      { text: 'Enough is left.', usage: { input: 30, output: 4 } },
    );
    const model = ours(
      'Model',
      'lmChatAiGateway',
      { model: locator('gpt-4o-mini'), options: { client: locator('agents') } },
      [200, 200],
    );
    const tool = ours('Check budget', 'aiGatewayTool', { resource: 'budget', operation: 'check' }, [400, 200]);
    const { nodes, connections } = agentWith(model, [tool]);
    const execution = await n8n.runWorkflow('Agent', nodes, connections);
    expect(n8n.itemsOf(execution, 'Agent')).toMatchObject([{ output: 'Enough is left.' }]);
    expect(await calls('&client_id=agents')).toMatchObject([
      { scenario_id: execution.workflowId, execution_id: execution.id, scenario_platform: 'n8n', node: 'Model' },
      { scenario_id: execution.workflowId },
    ]);
    const [, second] = gateway.fakes.openai.requests;
    expect(JSON.stringify(second?.json.messages)).toContain('affordable_tokens');
  });

  test('an AI Agent whose model is refused shows what happened and what to do, as the node does', async () => {
    await gateway.post('/v1/budgets', {
      name: 'No thoughts',
      limit_usd: 0.0000001,
      scope: { client_id: 'thoughtless' },
    });
    const options = { client: locator('thoughtless'), reasoningEffort: 'low' };
    const model = ours('Model', 'lmChatAiGateway', { model: locator('gpt-5.4-mini'), options }, [200, 200]);
    const { nodes, connections } = agentWith(model);
    const execution = await n8n.runWorkflow('Agent without money', nodes, connections);
    expect(execution.status).toBe('error');
    expect(execution.data.resultData.error).toMatchObject({
      message: expect.stringMatching(/^Budget "No thoughts"/),
      description: expect.stringContaining('Raise the budget'),
    });
  });

  describe('a refused call of our node as an agent’s tool', () => {
    beforeAll(async () => {
      const none = { name: 'None for tools', limit_usd: 0.0000001, scope: { client_id: 'no-tools' } };
      expect((await gateway.send('POST', '/v1/budgets', none)).ok).toBe(true);
    });

    const refused: [string, string, Json][] = [
      ['an unknown model', 'no-such-model', { model: locator('no-such-model') }],
      ['a spent budget', 'None for tools', { model: locator('gpt-4o-mini'), client: locator('no-tools') }],
    ];
    async function ask(onError: string, parameters: Json) {
      gateway.fakes.openai.reply(
        { toolCalls: [{ name: 'Ask_another', arguments: {} }] },
        { text: 'I could not ask.', usage: { input: 30, output: 4 } },
      );
      const model = ours('Model', 'lmChatAiGateway', { model: locator('gpt-4o-mini'), options: {} }, [200, 200]);
      const asked = { resource: 'chat', operation: 'complete', prompt: 'Hi', ...parameters };
      const tool = { ...ours('Ask another', 'aiGatewayTool', asked, [400, 200]), onError };
      const { nodes, connections } = agentWith(model, [tool]);
      return n8n.runWorkflow(`Tool: ${onError}`, nodes, connections);
    }

    test.each(refused)('reaches the model, which goes on, set to continue: %s', async (_why, named, parameters) => {
      const execution = await ask('continueRegularOutput', parameters);
      expect(n8n.itemsOf(execution, 'Agent')).toMatchObject([{ output: 'I could not ask.' }]);
      const [, second] = gateway.fakes.openai.requests;
      expect(JSON.stringify(second?.json.messages)).toContain(named);
    });

    // n8n takes the first main output for the error output, and a tool has no other: `handleNodeErrorOutput` in n8n-core's
    // workflow-execute.ts empties it. docs/n8n.md says which setting to choose.
    test('is lost like an answer where a tool is set to use the error output, by n8n itself', async () => {
      const toolSaid = () => {
        const [, second] = gateway.fakes.openai.requests.filter(({ json }) =>
          JSON.stringify(json).includes('Ask_another'),
        );
        return (second?.json.messages as Json[] | undefined)?.at(-1);
      };
      await ask('continueErrorOutput', { model: locator('no-such-model') });
      expect(toolSaid()).toMatchObject({ role: 'tool', content: '""' });
      gateway.fakes.reset();
      await ask('continueErrorOutput', { model: locator('claude-haiku-4-5') });
      expect(toolSaid()).toMatchObject({ role: 'tool', content: '""' });
    });

    test.each(refused)('stops the workflow with the reason, set so: %s', async (_why, named, parameters) => {
      const execution = await ask('stopWorkflow', parameters);
      expect(execution.status).toBe('error');
      expect(execution.data.resultData.error?.message).toContain(named);
    });
  });

  test('n8n’s own OpenAI nodes work too, by /v1/responses, tagged by an expression in their credential', async () => {
    gateway.fakes.openai.reply({ text: 'From the agent.' }, { text: 'From the node.' });
    const model = {
      id: 'own',
      name: 'OpenAI Model',
      type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
      typeVersion: 1.3,
      position: [200, 200],
      parameters: { model: { __rl: true, mode: 'id', value: 'gpt-4o-mini' }, options: {} },
      credentials: { openAiApi: credentials.openAiApi },
    };
    const message = {
      id: 'message',
      name: 'Message',
      type: '@n8n/n8n-nodes-langchain.openAi',
      typeVersion: 2.3,
      position: [400, 0],
      parameters: {
        resource: 'text',
        operation: 'response',
        modelId: { __rl: true, mode: 'id', value: 'gpt-4o-mini' },
        responses: { values: [{ type: 'text', role: 'user', content: 'Hi' }] },
      },
      credentials: { openAiApi: credentials.openAiApi },
    };
    const { nodes, connections } = agentWith(model);
    const execution = await n8n.runWorkflow('Own nodes', [...nodes, message], { ...connections, Agent: to('Message') });
    expect(execution.data.resultData.error).toBeUndefined();
    expect(n8n.itemsOf(execution, 'Agent')).toMatchObject([{ output: 'From the agent.' }]);
    expect(JSON.stringify(n8n.itemsOf(execution, 'Message'))).toContain('From the node.');
    expect(gateway.fakes.openai.requests.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/responses']);
    const tag = `${execution.workflowId}/${execution.id}`;
    expect((await calls()).slice(0, 2)).toMatchObject([{ client_id: tag }, { client_id: tag }]);
  });

  describe.each(['classify-emails-under-a-budget', 'classify-emails-with-a-prompt'])('the template %s', (template) => {
    const file = join(root, `integrations/n8n/templates/${template}.json`);

    test('is imported, and every node of it is known', async () => {
      const { name, nodes, connections, settings } = JSON.parse(readFileSync(file, 'utf8')) as Json;
      const types = (await n8n.rest('GET', '/types/nodes.json')) as unknown as {
        name: string;
        version: number | number[];
      }[];
      for (const node of nodes as { type: string; typeVersion: number }[]) {
        const known = types.filter((type) => type.name === node.type).flatMap(({ version }) => version);
        expect(known, node.type).toContain(node.typeVersion);
      }
      expect(await n8n.api('POST', '/workflows', { name, nodes, connections, settings })).toHaveProperty('id');
    });
  });

  test('the template with a prompt runs with the prompt of the examples, from the e-mail to the score', async () => {
    await pushExamplePrompts(gateway);
    gateway.fakes.openai.usually({ text: '{"category":"invoice","summary":"Pay it."}' });
    const file = join(root, 'integrations/n8n/templates/classify-emails-with-a-prompt.json');
    const { nodes } = JSON.parse(readFileSync(file, 'utf8')) as { nodes: Json[] };
    const own = (name: string): Json => ({
      ...nodes.find((node) => node.name === name),
      credentials: { aiGatewayApi: credentials.aiGatewayApi },
    });
    const mail = JSON.stringify({ subject: 'Invoice 4711', textPlain: 'Please pay.' });
    const execution = await n8n.runWorkflow(
      'Template',
      [
        {
          ...{ id: 'mail', name: 'Mail', type: 'n8n-nodes-base.set', typeVersion: 3.4, position: [0, 0] },
          parameters: { mode: 'raw', jsonOutput: mail, options: {} },
        },
        own('Classify'),
        own('Score'),
        own('Needs a Person?'),
      ],
      {
        ...{ Manual: to('Mail'), Mail: to('Classify') },
        Classify: { main: [['Needs a Person?', 'Score'].map((node) => ({ node, type: 'main', index: 0 }))] },
      },
    );
    expect(execution.data.resultData.error).toBeUndefined();
    expect(n8n.itemsOf(execution, 'Needs a Person?')).toMatchObject([
      { json: { category: 'invoice', summary: 'Pay it.' }, prompt: { id: 'classify-email', version: 1 } },
    ]);
    expect(n8n.itemsOf(execution, 'Score')).toMatchObject([{ name: 'category', score: 1 }]);
    expect(JSON.stringify(gateway.fakes.openai.requests.at(-1)?.json.messages)).toContain('Subject: Invoice 4711');
  });

  test('n8n’s strict linter finds nothing', () => {
    const source = sourceBeside(folder);
    const lint = join(folder, 'node_modules/@n8n/node-cli/bin/n8n-node.mjs');
    // Throws, with what was said, when it fails.
    const said = execFileSync(process.execPath, [lint, 'lint'], {
      cwd: source,
      env: pinnedNodeEnv(),
      encoding: 'utf8',
    });
    expect(said).not.toMatch(/\b(error|warning)\b/i);
    rmSync(join(source, '../..'), { recursive: true, force: true });
  });

  test('the scanner of community packages passes what is published and what it was made from', () => {
    const source = sourceBeside(folder);
    const scan = `
      import { analyzePackage, SOURCE_FILE_PATTERNS } from '@n8n/scan-community-package/scanner/scanner.mjs';
      const [unpacked, source] = process.argv.slice(1);
      console.log(JSON.stringify([await analyzePackage(unpacked), await analyzePackage(source, SOURCE_FILE_PATTERNS)]));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', scan, unpacked, source], {
      cwd: folder,
      env: pinnedNodeEnv(),
      encoding: 'utf8',
    });
    expect(JSON.parse(said)).toEqual([{ passed: true }, { passed: true }]);
    rmSync(join(source, '../..'), { recursive: true, force: true });
  });

  const chromium = findChromium();
  if (chromium === undefined)
    console.log('real n8n: no screenshots. There is no Chromium; CHROMIUM_PATH may say where one is.');
  test.runIf(chromium !== undefined)(
    'the editor shows the node with its fields, the creator with its icons',
    async () => {
      const seen = await photographEditor({ n8n, chromium: chromium ?? '', credential: credentials.aiGatewayApi });
      expect(seen.panel).toEqual(expect.arrayContaining(['Resource', 'Operation', 'Model', 'Prompt', 'Client']));
      expect(seen.creator.join(' ')).toContain('AI Gateway');
      expect(seen.foreignHosts).toEqual([]);
    },
  );
});
