import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime, page } from './common.ts';

const states = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
const state = z.enum(states).meta({
  title: 'State',
  description: 'investigating, identified (the cause is known), monitoring (a fix is in place) or resolved.',
});
const severity = z.enum(['minor', 'major', 'maintenance']).meta({
  title: 'Severity',
  description: 'minor, major, or maintenance: planned work, which does not count against the uptime.',
});
const title = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .meta({ title: 'Title', description: 'One line for the status page. Everybody can read it.' });
const text = z
  .string()
  .trim()
  .min(1)
  .max(5_000)
  .meta({ title: 'Text', description: 'The fault and the next step, in plain words. Everybody can read it.' });

const planned = (title: string, description: string) =>
  z.iso.datetime({ offset: true }).optional().meta({ title, description });
const starts = 'Of announced maintenance: it counts from this time. Default: from its announcement.';
const ends = 'Of announced maintenance: failures after this time count again. Default: until it is resolved.';

const incident = z
  .object({
    id,
    title,
    severity,
    state,
    opened_at: isoTime.meta({ title: 'Opened at', description: 'Time at which it was opened.' }),
    updated_at: isoTime.meta({ title: 'Updated at', description: 'Time of its last update.' }),
    resolved_at: isoTime.nullable().meta({ title: 'Resolved at', description: 'Null while it is open.' }),
    starts_at: isoTime.nullable().meta({ title: 'Starts at', description: starts }),
    ends_at: isoTime.nullable().meta({ title: 'Ends at', description: ends }),
    updates: z
      .array(
        z.object({
          state,
          text,
          at: isoTime.meta({ title: 'At', description: 'Time of the update.' }),
        }),
      )
      .meta({ title: 'Updates', description: 'The oldest first.' }),
    url: z.string().meta({ title: 'Link', description: 'Its page.' }),
  })
  .meta({ title: 'Incident', description: 'An incident on the public status page.' });

/** An incident in an event: the latest words in place of all updates. */
export const eventIncident = incident.omit({ updates: true }).extend({ text });

const sample = {
  id: 'inc_01k2',
  title: 'Slow answers',
  severity: 'minor' as const,
  state: 'investigating' as const,
  opened_at: '2026-11-01T08:00:00.000Z',
  updated_at: '2026-11-01T08:00:00.000Z',
  resolved_at: null,
  starts_at: null,
  ends_at: null,
  updates: [{ state: 'investigating' as const, text: 'We look into slow answers.', at: '2026-11-01T08:00:00.000Z' }],
  url: 'https://gateway.example/status/incidents/inc_01k2',
};

const { updates: _updates, ...withoutUpdates } = sample;
export const sampleIncident = { ...withoutUpdates, text: 'We look into slow answers.' };

export const listIncidents = operation({
  id: 'incidents.list',
  method: 'GET',
  path: '/v1/incidents',
  group: 'Operator',
  label: 'List incidents',
  description: 'Lists the incidents of the last 90 days, the newest first. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  input: z.strictObject({}),
  output: page(incident),
  errors: ['invalid_api_key', 'forbidden'],
  sample: { input: {}, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { state: 'resolved' }, because: 'it takes no fields' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const createIncident = operation({
  id: 'incidents.create',
  method: 'POST',
  path: '/v1/incidents',
  group: 'Operator',
  label: 'Open an incident',
  description:
    'Opens an incident on the public status page and sends `incident.opened` to every workspace. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  status: 201,
  input: z
    .strictObject({
      title,
      text,
      severity: severity.default('minor'),
      starts_at: planned('Starts at', starts),
      ends_at: planned('Ends at', ends),
    })
    .superRefine(({ severity: how, starts_at: from, ends_at: to }, { addIssue }) => {
      const [time] = from === undefined ? (to === undefined ? [] : ['ends_at']) : ['starts_at'];
      if (time !== undefined && how !== 'maintenance')
        addIssue({ code: 'custom', path: [time], message: 'is for the severity maintenance only' });
      else if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from))
        addIssue({ code: 'custom', path: ['ends_at'], message: 'must be after starts_at' });
    }),
  output: incident,
  errors: ['invalid_api_key', 'invalid_request'],
  sample: { input: { title: 'Slow answers', text: 'We look into slow answers.' }, output: sample },
  wrong: [
    { input: { title: 'Slow answers' }, because: 'an incident says what happens' },
    { input: { title: 'Slow answers', text: 'We look.', severity: 'bad' }, because: 'there is no such severity' },
    {
      input: { title: 'Slow answers', text: 'We look.', starts_at: '2026-12-01T22:00:00Z' },
      because: 'only planned work has a time to begin at',
    },
  ],
});

export const updateIncident = operation({
  id: 'incidents.update',
  method: 'PATCH',
  path: '/v1/incidents/:id',
  group: 'Operator',
  label: 'Update an incident',
  description:
    'Adds words to an incident and moves its state, or merges it into another one. Sends `incident.updated`, or `incident.resolved`. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  input: z
    .strictObject({
      id,
      state: state.optional(),
      text,
      merge_into: id.optional().meta({
        title: 'Merge into',
        description: 'The id of the incident that this one is part of: it shows both from now on, and the text.',
      }),
    })
    .superRefine(({ state: next, merge_into: into }, { addIssue }) => {
      if (next !== undefined && into !== undefined)
        addIssue({ code: 'custom', path: ['state'], message: 'cannot be given together with merge_into' });
    }),
  output: incident,
  errors: ['invalid_api_key', 'invalid_request', 'not_found', 'conflict'],
  sample: {
    input: { id: 'inc_01k2', state: 'resolved', text: 'Answers are fast again.' },
    output: {
      ...sample,
      state: 'resolved',
      updated_at: '2026-11-01T09:00:00.000Z',
      resolved_at: '2026-11-01T09:00:00.000Z',
      updates: [
        ...sample.updates,
        { state: 'resolved' as const, text: 'Answers are fast again.', at: '2026-11-01T09:00:00.000Z' },
      ],
    },
  },
  wrong: [
    { input: { id: 'inc_01k2', state: 'resolved' }, because: 'an update says what happened' },
    { input: { id: 'inc_01k2', state: 'gone', text: 'It is over.' }, because: 'there is no such state' },
    {
      input: { id: 'inc_01k2', state: 'resolved', text: 'Both.', merge_into: 'inc_01k3' },
      because: 'a merged incident has the state of the other',
    },
  ],
});

const percentile = (name: string) => z.number().int().meta({ title: name.toUpperCase(), description: 'Milliseconds.' });

export const getSla = operation({
  id: 'sla.get',
  method: 'GET',
  path: '/v1/sla',
  group: 'Usage',
  label: 'Get the service level',
  description:
    'The uptime of the gateway in a month, and the latency of the workspace’s calls in it, for a report. Months are those of the workspace’s time zone.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({
    month: z
      .string()
      .regex(/^[12]\d{3}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-10')
      .optional()
      .meta({ title: 'Month', description: 'A month such as 2026-10. Default: this month, up to now.' }),
  }),
  output: z.object({
    month: z.string().meta({ title: 'Month', description: 'The month, as 2026-10.' }),
    uptime_percent: z.number().nullable().meta({
      title: 'Uptime',
      description: 'Percent of the time in which calls were accepted. Null without a record.',
    }),
    latency_ms: z
      .object({ p50: percentile('p50'), p95: percentile('p95'), p99: percentile('p99') })
      .nullable()
      .meta({ title: 'Latency', description: 'Total time of calls that succeeded. Null with fewer than 20 calls.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { month: '2026-10' },
    output: { month: '2026-10', uptime_percent: 99.982, latency_ms: { p50: 1280, p95: 4110, p99: 9200 } },
  },
  wrong: [
    { input: { month: 'october' }, because: 'months are written 2026-10' },
    { input: { month: '2026-13' }, because: 'a year has twelve months' },
  ],
});
