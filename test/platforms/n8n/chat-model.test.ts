import { failedAttempt } from 'n8n-nodes-ai-gateway/nodes/LmChatAiGateway/failed-attempt.ts';
import { LmChatAiGateway } from 'n8n-nodes-ai-gateway/nodes/LmChatAiGateway/LmChatAiGateway.node.ts';
import { modelOptions } from 'n8n-nodes-ai-gateway/nodes/LmChatAiGateway/model-options.ts';
import { expect, test } from 'vitest';
import { supplyContext } from '../../support/n8n-host.ts';

const node = new LmChatAiGateway();
const credential = { baseUrl: 'https://gateway.example.com/v1/', apiKey: ' gw_live_1 ' };
const host = { credential, workflowId: 'wf42', executionId: '7', nodeName: 'Model' };

test('an agent asks the gateway as an OpenAI model, with the tags of the workflow', () => {
  const options = {
    client: { __rl: true, mode: 'list', value: 'Müller' },
    fallbackModels: ['gpt-4o', 'auto'],
    temperature: 0,
  };
  expect(modelOptions({ model: 'auto', options }, credential, supplyContext(node, host, {}))).toEqual({
    type: 'openai',
    baseUrl: 'https://gateway.example.com/v1',
    apiKey: 'gw_live_1',
    model: 'auto',
    useResponsesApi: false,
    maxRetries: 0,
    timeout: 300_000,
    temperature: 0,
    defaultHeaders: {
      'x-scenario-platform': 'n8n',
      'x-scenario-id': 'wf42',
      'x-execution-id': '7',
      'x-node': 'Model',
      'x-client-id': Buffer.from('Müller').toString('latin1'),
      'x-gateway-fallback': 'gpt-4o, auto',
    },
  });
});

test('the effort of an agent’s model goes into the call, in the words of the API that is used', () => {
  const askedFor = (options: Record<string, unknown>) =>
    modelOptions({ model: 'auto', options }, credential, supplyContext(node, host, {})).additionalParams;
  expect(askedFor({ reasoningEffort: 'low' })).toEqual({ reasoning_effort: 'low' });
  expect(askedFor({ reasoningEffort: 'low', useResponsesApi: true })).toEqual({ reasoning: { effort: 'low' } });
  expect(askedFor({})).toBeUndefined();
});

test('a refused or unreachable model is explained as the node explains it; what a person stopped stays as it is', () => {
  const fail = failedAttempt(supplyContext(node, host, {}).getNode());
  const message = 'Budget "Acme" has $0.11 of $5.00 left.';
  const refused = { status: 402, error: { code: 'budget_exceeded', message }, message: '402 and more' };
  expect(() => fail(refused)).toThrow(message);
  expect(() => fail(new Error('Connection error.'))).toThrow(/reach/);
  expect(() => fail(new Error('Request was aborted.'))).not.toThrow();
});

test('the chat model alone is refused where n8n has no AI SDK, with another way', async () => {
  const supplied = node.supplyData.call(supplyContext(node, host, {}), 0);
  await expect(supplied).rejects.toMatchObject({
    message: 'This n8n is too old for the AI Gateway Chat Model',
    description: expect.stringContaining('OpenAI Chat Model'),
  });
});
