import { z } from 'zod';
import { operation } from '../operation.ts';
import { type Condition, conditionFault, ruleBounds } from '../rules.ts';
import { isoTime, modelName, nothing, numberOrText, page } from './common.ts';

/** The conditions of a rule or of an experiment. The schema says that it is an object; the grammar of `rules.ts` says which. */
const grammar = z.record(z.string(), z.unknown()).superRefine((given, context) => {
  const fault = conditionFault(given);
  if (fault !== undefined) context.addIssue({ code: 'custom', path: fault.path, message: fault.message });
});
// An object that has passed the grammar is a condition: zod cannot know.
export const condition = (grammar as unknown as z.ZodType<Condition, Record<string, unknown>>).meta({
  title: 'When',
  description:
    'The calls that are meant: {"field": "client_id", "in": ["acme"]}, joined by all, any and not. An empty object means every call.',
});

const dial = z.enum(['quality', 'balanced', 'cost']).meta({
  title: 'Dial',
  description: 'quality: the strong model unless a small one is known to do. cost: the small one.',
});

const slug = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/,
    'must be 1 to 64 lower-case letters, digits, hyphens and underscores',
  )
  .meta({ title: 'Rule', description: 'The id of a rule.' });

const targets = ['model', 'models', 'auto', 'experiment', 'block'] as const;

const then = z
  .strictObject({
    model: modelName.optional().meta({ title: 'Model', description: 'The model that answers.' }),
    models: z.array(modelName).min(1).max(10).optional().meta({
      title: 'Models',
      description: 'The first that can take the call answers; the others follow when it fails.',
    }),
    auto: z
      .strictObject({ dial })
      .optional()
      .meta({ title: 'Auto', description: 'The gateway chooses the model by this dial.' }),
    experiment: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ title: 'Experiment', description: 'The experiment that chooses.' }),
    block: z
      .strictObject({
        message: z
          .string()
          .trim()
          .min(1)
          .max(500)
          .meta({ title: 'Message', description: 'The reason that the caller reads.' }),
      })
      .optional()
      .meta({ title: 'Block', description: 'Refuses the call with 403 rule_blocked.' }),
    fallback_models: z
      .union([z.array(modelName).max(20), z.literal('none')])
      .optional()
      .meta({ title: 'Fallback models', description: 'Models to try when the chosen one fails; "none" for no other.' }),
    cap_output_tokens: z
      .number()
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .meta({ title: 'Longest answer', description: 'The most tokens of an answer.' }),
    effort: z
      .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
      .optional()
      .meta({ title: 'Effort', description: 'How much the model thinks. A lower effort in the call stays.' }),
    cache: z
      .union([
        z.strictObject({
          ttl_seconds: z
            .number()
            .int()
            .min(1)
            .max(2_592_000)
            .meta({ title: 'Seconds', description: 'How long an answer is kept, at most 30 days.' }),
          scope: z
            .enum(['client', 'workspace', 'key'])
            .optional()
            .meta({ title: 'Scope', description: 'The calls that share an answer.' }),
        }),
        z.literal('none'),
      ])
      .optional()
      .meta({ title: 'Answer from memory', description: 'Keeps answers to equal calls; "none" never does.' }),
    prompt: z
      .strictObject({
        id: z.string().min(1).max(100).meta({ title: 'Prompt', description: 'The prompt whose calls are meant.' }),
        label: z.string().min(1).max(100).meta({ title: 'Label', description: 'The label whose version is used.' }),
      })
      .optional()
      .meta({ title: 'Prompt', description: 'Another version of a prompt.' }),
  })
  .superRefine((given, context) => {
    const named = targets.filter((target) => given[target] !== undefined);
    if (named.length > 1)
      context.addIssue({
        code: 'custom',
        message: `must have one of ${targets.join(', ')}, not ${named.join(' and ')}`,
      });
    if (Object.values(given).every((value) => value === undefined))
      context.addIssue({ code: 'custom', message: `needs one of ${targets.join(', ')}, or a limit` });
  })
  .meta({ title: 'Then', description: 'One of model, models, auto, experiment and block, and limits beside it.' });

const fields = {
  name: z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'Shown in x-gateway-route.' }),
  enabled: z.boolean().meta({ title: 'Enabled', description: 'A rule that is not enabled decides nothing.' }),
  priority: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .meta({ title: 'Priority', description: 'Rules with lower numbers come first.' }),
  when: condition,
  then,
};

/** A rule as it is kept and read. */
const rule = z.strictObject({ id: slug, ...fields }).meta({ title: 'Rule', description: 'A rule of routing.' });

const note = z
  .string()
  .trim()
  .max(500)
  .optional()
  .meta({ title: 'Note', description: 'Why the change was made; kept with the version.' });
const expected = numberOrText(z.number().int().min(0))
  .optional()
  .meta({ title: 'Expected version', description: 'Refused with 409 where another version is active. As If-Match.' });
const change = { note, expected_version: expected };

/** 0 where nothing was ever configured. */
const version = z
  .number()
  .int()
  .meta({ title: 'Version', description: 'The active version of rules and auto; 0 before the first.' });
const saved = rule.extend({ version });
const list = z.object({
  data: z.array(rule).meta({ title: 'Rules', description: 'In the order in which they are looked at.' }),
  version,
});

const sampleRule = {
  id: 'invoices',
  name: 'Invoices',
  enabled: true,
  priority: 100,
  when: {
    all: [
      { field: 'client_id', in: ['acme'] },
      { field: 'text', contains_any: ['invoice', 'Rechnung'] },
      { not: { field: 'has_images', eq: true } },
    ],
  },
  then: { model: 'gpt-6-luna', fallback_models: ['gemini-3.5-flash-lite'], cap_output_tokens: 800 },
};
const { id: _id, ...sampleFields } = sampleRule;
const block = { block: { message: 'Ask the agency.' } };

export const listRules = operation({
  id: 'rules.list',
  method: 'GET',
  path: '/v1/routing/rules',
  group: 'Routing',
  label: 'List rules',
  description: 'Lists the rules of routing in the order in which they are looked at.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({}),
  output: list,
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [sampleRule], version: 12 } },
  wrong: [
    { input: { enabled: true }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const createRule = operation({
  id: 'rules.create',
  method: 'POST',
  path: '/v1/routing/rules',
  group: 'Routing',
  label: 'Create a rule',
  description: 'Adds a rule to those that decide where calls go. It holds for the next call.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  status: 201,
  input: z.strictObject({
    id: slug.optional().meta({ title: 'Id', description: 'Made of the name unless given.' }),
    ...fields,
    enabled: fields.enabled.default(true),
    priority: fields.priority.default(100),
    when: condition.default({}),
    ...change,
  }),
  output: saved,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict'],
  sample: { input: { ...sampleRule, note: 'Invoices are easy' }, output: { ...sampleRule, version: 12 } },
  wrong: [
    { input: { name: 'Empty', then: {} }, because: 'a rule does something' },
    { input: { name: 'Two', then: { model: 'gpt-6-luna', ...block } }, because: 'a rule has one target' },
    { input: { name: 'Odd', when: { field: 'mood', eq: 'sad' }, then: block }, because: 'nothing has such a field' },
    { input: { name: 'Odd', when: { field: 'stream', gte: 1 }, then: block }, because: 'yes and no have no order' },
    {
      input: {
        name: 'Deep',
        when: { not: { not: { not: { not: { field: 'stream', eq: true } } } } },
        then: block,
      },
      because: `conditions are nested ${ruleBounds.depth} levels deep at most`,
    },
  ],
});

export const updateRule = operation({
  id: 'rules.update',
  method: 'PATCH',
  path: '/v1/routing/rules/:id',
  group: 'Routing',
  label: 'Change a rule',
  description: 'Changes the given fields of a rule. Calls in progress keep the version they began with.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({
    id: slug.meta({ title: 'Rule', description: 'Pick a rule.', 'x-field': { options: 'rules.list' } }),
    name: fields.name.optional(),
    enabled: fields.enabled.optional(),
    priority: fields.priority.optional(),
    when: condition.optional(),
    then: then.optional(),
    ...change,
  }),
  output: saved,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'invoices', enabled: false }, output: { ...sampleRule, enabled: false, version: 13 } },
  wrong: [
    { input: { enabled: false }, because: 'it needs to know which rule' },
    { input: { id: 'invoices', enabled: 'sometimes' }, because: 'a rule is enabled or not' },
  ],
});

export const removeRule = operation({
  id: 'rules.remove',
  method: 'DELETE',
  path: '/v1/routing/rules/:id',
  group: 'Routing',
  label: 'Delete a rule',
  description: 'Takes a rule out of the active version. Earlier versions keep it.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  status: 204,
  input: z.strictObject({
    id: slug.meta({ title: 'Rule', description: 'Pick a rule.', 'x-field': { options: 'rules.list' } }),
    ...change,
  }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'invoices' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which rule' },
    { input: { id: 'Invoices!' }, because: 'no id has such characters' },
  ],
});

export const orderRules = operation({
  id: 'rules.order',
  method: 'PUT',
  path: '/v1/routing/rules/order',
  group: 'Routing',
  label: 'Order the rules',
  description: 'Gives the rules new priorities: 10, 20, 30 in the order of the list, which names every rule.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({
    ids: z
      .array(slug)
      .max(ruleBounds.rules)
      .meta({ title: 'Rules', description: 'The ids of all rules, the first one first.' }),
    ...change,
  }),
  output: list,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict'],
  sample: { input: { ids: ['invoices'] }, output: { data: [{ ...sampleRule, priority: 10 }], version: 13 } },
  wrong: [
    { input: {}, because: 'an order names the rules' },
    { input: { ids: 'invoices' }, because: 'the rules are a list' },
  ],
});

const ofVersion = z.object({
  version: z.number().int().meta({ title: 'Version', description: 'The number of the version.' }),
  active: z.boolean().meta({ title: 'Active', description: 'Calls are decided by this version.' }),
  created_by: z
    .object({
      id: z.string().meta({ title: 'Id', description: 'The id of the key or the person.' }),
      name: z.string().nullable().meta({ title: 'Name', description: 'Null where the person or key is gone.' }),
    })
    .meta({ title: 'Author', description: 'The author of the version.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of the change.' }),
  note: z.string().nullable().meta({ title: 'Note', description: 'The reason that was given.' }),
  rules: z.number().int().meta({ title: 'Rules', description: 'The number of rules of the version.' }),
  diff: z
    .array(
      z.object({
        part: z.enum(['rule', 'auto']).meta({ title: 'Part', description: 'A rule, or the settings of auto.' }),
        id: z.string().nullable().meta({ title: 'Rule', description: 'The id of the rule; null for auto.' }),
        change: z.enum(['added', 'removed', 'changed']).meta({ title: 'Change', description: 'The kind of change.' }),
        before: z.unknown().meta({ title: 'Before', description: 'The fields that differ, as they were.' }),
        after: z.unknown().meta({ title: 'After', description: 'The fields that differ, as they are.' }),
      }),
    )
    .meta({ title: 'Diff', description: 'The differences from the version before it.' }),
});
const sampleVersion = {
  version: 12,
  active: true,
  created_by: { id: 'key_01k2', name: 'Owner' },
  created_at: '2026-11-29T08:00:00.000Z',
  note: 'Invoices are easy',
  rules: 1,
  diff: [{ part: 'rule' as const, id: 'invoices', change: 'added' as const, before: null, after: sampleRule }],
};

export const listRoutingVersions = operation({
  id: 'routing.versions.list',
  method: 'GET',
  path: '/v1/routing/versions',
  group: 'Routing',
  label: 'List versions of routing',
  description: 'Lists the versions of rules and auto, newest first, with author, time, note and differences.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    cursor: z
      .string()
      .max(20)
      .optional()
      .meta({ title: 'Cursor', description: 'The `next_cursor` of the previous page.' }),
    limit: numberOrText(z.number().int().min(1).max(100).default(50)).meta({
      title: 'Limit',
      description: 'Number of rows on a page, at most 100.',
    }),
  }),
  output: page(ofVersion),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [sampleVersion], next_cursor: null } },
  wrong: [
    { input: { limit: 0 }, because: 'a page has rows' },
    { input: { version: 3 }, because: 'unknown fields are refused' },
  ],
});

export const activateRoutingVersion = operation({
  id: 'routing.versions.activate',
  method: 'POST',
  path: '/v1/routing/versions/:version/activate',
  group: 'Routing',
  label: 'Activate a version of routing',
  description: 'Makes an earlier version of rules and auto the active one. It holds for the next call.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({
    version: numberOrText(z.number().int().min(1).max(2_147_483_647)).meta({
      title: 'Version',
      description: 'The number of the version.',
    }),
    expected_version: expected,
  }),
  output: list,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { version: 11 }, output: { data: [sampleRule], version: 11 } },
  wrong: [
    { input: {}, because: 'it needs to know which version' },
    { input: { version: 0 }, because: 'versions are counted from 1' },
  ],
});

const usdOrNull = (title: string, description: string) => z.number().nullable().meta({ title, description });

export const testRule = operation({
  id: 'rules.test',
  method: 'POST',
  path: '/v1/routing/rules/test',
  group: 'Routing',
  label: 'Test a rule',
  description:
    'Counts how many of the last calls a rule would have met, and what they would have cost. Nothing is changed and nothing is sent.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    rule: z
      .strictObject({
        id: slug.optional().meta({ title: 'Id', description: 'Not needed for a test.' }),
        name: fields.name.default('Test'),
        enabled: fields.enabled.default(true),
        priority: fields.priority.default(100),
        when: condition.default({}),
        then,
      })
      .meta({ title: 'Rule', description: 'The rule, as it would be created.' }),
    last: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(1_000)
      .meta({ title: 'Calls', description: 'The number of the last calls to look at.' }),
    sample: z.record(z.string(), z.unknown()).optional().meta({
      title: 'Sample',
      description:
        'The body of a call. Texts of calls are not kept: conditions on text, tools and other parts of a body look at this one.',
    }),
  }),
  output: z.object({
    calls: z.number().int().meta({ title: 'Calls', description: 'The calls that were looked at.' }),
    met: z.number().int().meta({ title: 'Met', description: 'Those that the rule would have met.' }),
    applied: z.number().int().meta({
      title: 'Applied',
      description:
        'Those whose model it would have chosen: a model that was asked for by name stays unless the rule looks at `model`.',
    }),
    cost_usd: z.number().meta({ title: 'Cost', description: 'The cost of the calls it would have met, in dollars.' }),
    new_cost_usd: usdOrNull('New cost', 'The cost of the same tokens by the rule; null where no price is known.'),
    difference_usd: usdOrNull('Difference', 'New cost less cost: negative where the rule saves.'),
    from_sample: z.array(z.string()).meta({
      title: 'From the sample',
      description: 'The fields that were read from the sample, for every call alike.',
    }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { rule: { ...sampleFields, when: { field: 'client_id', in: ['acme'] } }, last: 1000 },
    output: {
      calls: 1000,
      met: 312,
      applied: 300,
      cost_usd: 1.5,
      new_cost_usd: 0.9,
      difference_usd: -0.6,
      from_sample: [],
    },
  },
  wrong: [
    { input: { last: 1000 }, because: 'a test needs a rule' },
    { input: { rule: { then: block }, last: 0 }, because: 'a test looks at some calls' },
  ],
});
