import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, cursor, from, id, isoTime, keyOrPerson, limit, page, project, scenarioId, to } from './common.ts';

const words = 'must be a number from 0 to 1, or up or down';

/** A thumb or a number. Text first: a form shows one field for both. */
const score = z
  .union(
    [
      z
        .string()
        .trim()
        .regex(/^(up|down|[01](\.\d{1,12})?)$/, words)
        .transform((text) => (text === 'up' ? 1 : text === 'down' ? 0 : Number(text)))
        .pipe(z.number().min(0, words).max(1, words)),
      z.number().min(0, words).max(1, words),
    ],
    { error: words },
  )
  .meta({ title: 'Score', description: 'up, down, or a number from 0 (useless) to 1 (right).' });

const name = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line of text');

const optionalId = (title: string, description: string) =>
  z.string().trim().max(200).optional().meta({ title, description });

export const createFeedback = operation({
  id: 'feedback.create',
  method: 'POST',
  path: '/v1/feedback',
  group: 'Feedback',
  label: 'Send feedback',
  description:
    'Sends a score of the answer to a call, within 30 days. Experiments and `auto` learn from it. The last score of a name counts.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'calls-models',
  input: z.strictObject({
    request_id: optionalId(
      'Request',
      'The call, by the `x-request-id` of its answer. Leave it empty to score the last call of the run.',
    ).meta({ 'x-field': { inSight: true } }),
    scenario_id: scenarioId.optional().meta({
      title: 'Scenario',
      description: 'With the run: the scenario whose last call is scored. Default: that of the request.',
    }),
    execution_id: optionalId('Run', 'The execution whose last call is scored. Default: that of the request.'),
    score,
    name: name.default('user').meta({
      title: 'Name',
      description: 'Tells several opinions of one call apart, such as user and editor.',
    }),
    comment: z
      .string()
      .trim()
      .max(4_000)
      .optional()
      .meta({ title: 'Comment', description: 'Stored encrypted.', 'x-field': { multiline: true } }),
  }),
  output: z
    .object({
      request_id: id.meta({ title: 'Request ID', description: 'The call that was scored.' }),
      name: z.string().meta({ title: 'Opinion', description: 'The name of the opinion.' }),
      score: z.number().meta({ title: 'Score', description: 'From 0 to 1.' }),
      created_at: isoTime.meta({ title: 'Created at', description: 'Time of the feedback.' }),
    })
    .meta({ title: 'Feedback', description: 'The score of a call.' }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: {
    input: { request_id: 'req_01k2', score: 'up' },
    output: { request_id: 'req_01k2', name: 'user', score: 1, created_at: '2026-11-01T08:00:00.000Z' },
  },
  wrong: [
    { input: { request_id: 'req_01k2' }, because: 'feedback has a score' },
    { input: { request_id: 'req_01k2', score: 2 }, because: 'a score is at most 1' },
    { input: { request_id: 'req_01k2', score: 'sideways' }, because: 'a thumb is up or down' },
  ],
});

/** The score of a call, as people read it back. */
export const opinion = z
  .object({
    name: z.string().meta({ title: 'Name', description: 'The name of the opinion.' }),
    score: z.number().meta({ title: 'Score', description: 'From 0 to 1.' }),
    comment: z.string().nullable().meta({
      title: 'Comment',
      description: 'Null where there is none, or where another key sent it and this key does not read notes.',
    }),
    by: keyOrPerson
      .nullable()
      .meta({ title: 'By', description: 'The key or the person that sent it. Null where this key does not see it.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of the feedback.' }),
  })
  .meta({ title: 'Opinion', description: 'The score and the comment of a call.' });

const sampleOpinion = {
  name: 'user',
  score: 0,
  comment: 'Far too formal',
  by: { id: 'key_01k2', name: 'Newsletter' },
  created_at: '2026-11-01T08:00:00.000Z',
};

const listed = opinion
  .extend({
    request_id: id.meta({ title: 'Request ID', description: 'The call that was scored.' }),
    client_id: z.string().nullable().meta({ title: 'Client', description: 'The client of the call.' }),
    scenario_id: z.string().nullable().meta({ title: 'Scenario', description: 'The scenario of the call.' }),
    model: z.string().nullable().meta({ title: 'Model', description: 'The model that answered.' }),
    prompt_id: z.string().nullable().meta({ title: 'Prompt', description: 'The prompt of the call.' }),
    prompt_version: z.number().int().nullable().meta({ title: 'Version', description: 'The version of the prompt.' }),
  })
  .meta({ title: 'Scored call', description: 'An opinion and the call that it scores.' });

export const listFeedback = operation({
  id: 'feedback.list',
  method: 'GET',
  path: '/v1/feedback',
  group: 'Feedback',
  label: 'List feedback',
  description: 'Lists scores and comments, those of the newest calls first.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({
    from: from.meta({
      title: 'From',
      description: 'Of the calls: the first day, or a moment. Default: the first call.',
    }),
    to: to.meta({ title: 'To', description: 'Of the calls: the last day, or a moment. Default: now.' }),
    rating: z
      .enum(['up', 'down'])
      .optional()
      .meta({ title: 'Rating', description: 'Only scores of at least 0.5 (up), or below it (down).' }),
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    name: name.optional().meta({ title: 'Name', description: 'Only the opinions of this name.' }),
    cursor,
    limit,
  }),
  output: page(listed),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { client_id: 'acme' },
    output: {
      data: [
        {
          ...sampleOpinion,
          request_id: 'req_01k2',
          client_id: 'acme',
          scenario_id: null,
          model: 'gpt-6-luna',
          prompt_id: 'reply',
          prompt_version: 7,
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { limit: 0 }, because: 'a page has rows' },
    { input: { score: 1 }, because: 'unknown fields are refused' },
  ],
});
