import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, id, modelName, scenarioId, usd } from './common.ts';

export const createTestCall = operation({
  id: 'test-calls.create',
  method: 'POST',
  path: '/v1/test-calls',
  group: 'Connection',
  label: 'Send a test call',
  description: 'Makes a call that the sandbox answers, in test mode: it costs nothing and reaches no provider.',
  surfaces: ['dashboard'],
  access: 'calls-models',
  status: 201,
  input: z.strictObject({
    text: z.string().trim().min(1).max(1_000).default('Hello').meta({
      title: 'Text',
      description: 'The message. `sandbox:cost 4.00` costs that much in test mode, `sandbox:error 429` fails so.',
    }),
    model: modelName.default('auto'),
    client_id: clientId.optional(),
    scenario_id: scenarioId.optional(),
  }),
  output: z.object({
    id: id.meta({ title: 'Id', description: 'The id of the call, for GET /v1/usage/requests/:id.' }),
    answer: z.string().meta({ title: 'Answer', description: 'The answer of the sandbox.' }),
    cost_usd: usd.meta({ title: 'Cost', description: 'The price that a live call like this has, in dollars.' }),
  }),
  errors: ['invalid_tag', 'forbidden', 'tag_forbidden', 'budget_exceeded', 'scenario_paused', 'model_not_found'],
  sample: {
    input: { text: 'Hello', scenario_id: '42' },
    output: { id: 'req_01k2', answer: 'You said: Hello', cost_usd: 0.000012 },
  },
  wrong: [
    { input: { text: '' }, because: 'a call has a text' },
    { input: { messages: [] }, because: 'unknown fields are refused' },
  ],
});
