import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { callTag } from './common.ts';

/** Fields of every call to a model, in each dialect. */

export const stream = z
  .boolean()
  .nullable()
  .optional()
  .meta({ title: 'Stream', description: 'Sends the answer as server-sent events while it is written.' });

export const fallbackModels = z.array(z.string()).max(20).nullable().optional().meta({
  title: 'Fallback models',
  description:
    'Models to try in this order when the first one fails. Without any, the default fallbacks of the gateway apply; in the API an empty list means no fallback.',
});

export const metadata = z
  .looseObject({
    client_id: callTag('Client', 'Which of your clients the calls are for.', 'clients.list'),
    project: callTag('Project', 'The project the calls belong to.', 'projects.list'),
    scenario_id: callTag('Scenario', 'The scenario, zap or workflow that makes the calls.', 'scenarios.list'),
    scenario_platform: callTag('Platform', 'Where the scenario runs: make, zapier, n8n, …'),
    execution_id: callTag('Execution', 'The single run of a scenario.'),
  })
  .nullable()
  .optional()
  .meta({
    title: 'Metadata',
    description: 'Tags of the call, for tools that cannot set headers. Other entries go to the provider.',
  });

export const temperature = z
  .number()
  .min(0)
  .max(2)
  .nullable()
  .optional()
  .meta({ title: 'Temperature', description: 'How freely the model chooses its words, 0 to 2.' });

export const topP = z.number().min(0).max(1).nullable().optional().meta({
  title: 'Top P',
  description: 'Limits the choice to the likeliest words, 0 to 1. Set either this or temperature.',
});

/** The most tokens of an answer, under whatever name the dialect has for it. */
export const tokenCeiling = z.number().int().min(1);

export const typed = (description: string) =>
  z.looseObject({ type: z.string().meta({ title: 'Type', description }) }).meta({ title: 'Part' });

export const functionTools = z
  .array(typed('`function`, or the type of one of the vendor’s own tools.').meta({ title: 'Tool' }))
  .nullable()
  .optional()
  .meta({ title: 'Tools', description: 'Functions that the model can call.' });

export const toolChoice = z
  .unknown()
  .optional()
  .meta({ title: 'Tool choice', description: 'Whether the model must call a tool, and which one.' });

/** The errors of a call to a model, beside those of any request. */
export const callErrors: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_tag',
  'unsupported_parameter',
  'context_length_exceeded',
  'content_policy_violation',
  'forbidden',
  'tag_forbidden',
  'rule_blocked',
  'budget_exceeded',
  'model_not_found',
  'scenario_paused',
  'rate_limited',
  'provider_error',
  'no_provider_available',
  'provider_timeout',
];
