import { z } from 'zod';
import { type Field, fieldsOf } from '../fields.ts';
import { budget, sampleBudget } from '../operations/budgets.ts';
import { clientId, isoTime, project, scenarioId } from '../operations/common.ts';
import { type EventType, sampleEvent } from '../operations/events.ts';
import { eventIncident, sampleIncident } from '../operations/incidents.ts';
import { sampleScenario, scenario } from '../operations/scenarios.ts';
import { createWebhook } from '../operations/webhooks.ts';
import type { Platform } from './platform-exceptions.ts';
import { fieldsOn, stepField } from './step-field.ts';

/*
 * The alerts an automation can wait for. Make and Zapier have a trigger for each; n8n has one trigger that lists them all. The names and
 * keys of all three are read off `label` and `plural`, so that a new alert is one entry here:
 *
 *     Make     "Watch budget alerts", id `budgetAlerts`     Zapier   "New Budget Alert", key `budget_alert`
 *     n8n      "Budget Alert", value `budgetAlert`
 *
 * ```ts
 * import { alertsOn, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
 *
 * const triggers = alertsOn('zapier').map((alert) => ({
 *   key: alert.id,
 *   description: `Triggers when ${alert.happens}.`,
 *   filters: alert.filters.map(({ label }) => label),
 *   sample: { ...sampleEnvelope(alert), ...alert.sample },
 * }));
 * ```
 */

export interface Alert {
  readonly id: string;
  readonly label: string;
  readonly plural: string;
  /** Follows "Triggers when". */
  readonly happens: string;
  readonly events: readonly EventType[];
  /** The filters of a subscription that fit it. */
  readonly filters: readonly Field[];
  /** The fields of the event's `data`. */
  readonly data: readonly Field[];
  /** An event's `data`. */
  readonly sample: Readonly<Record<string, unknown>>;
}

type FilterKey = 'client_id' | 'project' | 'scenario_id' | 'budget_id' | 'percent';

const filterTexts: Readonly<Record<FilterKey, Pick<Field, 'help' | 'placeholder'>>> = {
  client_id: { help: 'Events about this client only.', placeholder: 'acme' },
  project: { help: 'Events about this project only.', placeholder: 'newsletter' },
  scenario_id: {
    help: 'Events about this scenario only. It is the {automation}’s ID, unless its calls name another.',
    placeholder: 'classify-emails',
  },
  budget_id: { help: 'Alerts of this budget only.', placeholder: 'bud_01k2' },
  percent: { help: 'Budget alerts of these thresholds only. 100 is when the budget is used up.' },
};

function filtersNamed(keys: readonly FilterKey[]): Field[] {
  const all = fieldsOf(createWebhook).find(({ key }) => key === 'filter')?.children ?? [];
  return keys.flatMap((key) =>
    all.filter((field) => field.key === key).map((field) => ({ ...field, ...filterTexts[key] })),
  );
}

/** Checks the sample against the shape as you type. */
function alert<Shape extends z.ZodObject>(
  given: Pick<Alert, 'id' | 'label' | 'plural' | 'happens' | 'events'> & {
    filters?: readonly FilterKey[];
    data: Shape;
    sample: z.output<Shape>;
  },
): Alert & { readonly shape: Shape } {
  const { filters = [], data, ...rest } = given;
  return { ...rest, filters: filtersNamed(filters), data: fieldsOf({ input: data }), shape: data };
}

const text = (title: string) => z.string().meta({ title });
const moment = (title: string) => isoTime.meta({ title });

const ofCall = {
  client_id: clientId.nullable(),
  project: project.nullable(),
  scenario_id: scenarioId.nullable(),
  scenario_platform: text('Scenario platform').nullable(),
  execution_id: text('Execution').nullable(),
};

const pauseData = (by: string) => z.object({ scenario, reason: text('Reason').nullable(), by: text(by) });

const taskData = z.object({
  task: text('Task'),
  model: text('Small model'),
  baseline_model: text('Strong model'),
  pairs: z.number().int().meta({ title: 'Pairs of answers' }),
  agreement: z.number().nullable().meta({ title: 'Share that agrees' }),
  judged: z.boolean().meta({ title: 'Judged by a model' }),
  lower: z.number().meta({ title: 'Proven share' }),
  level: z.number().meta({ title: 'Share that the dial asks for' }),
  scenario_id: scenarioId.nullable(),
});

const sampleTask = {
  task: '5f0c7d2b9a1e4c38b6d05a7e91f2c844',
  model: 'gpt-6-luna',
  baseline_model: 'gpt-6-sol',
  pairs: 143,
  agreement: 0.993,
  judged: false,
  lower: 0.951,
  level: 0.95,
  scenario_id: 'classify-emails',
};

const outageData = z.object({
  provider: text('Provider'),
  model: text('Model').nullable(),
  error_rate: z.number().meta({ title: 'Error rate' }),
  since: moment('Failing since'),
  resting_until: moment('Cooling down until').nullable(),
  message: text('Message of the provider').nullable(),
});

const sampleOutage = {
  provider: 'openai',
  model: 'gpt-4o-mini',
  error_rate: 0.8,
  since: '2026-11-01T07:58:00.000Z',
  resting_until: '2026-11-01T08:00:30.000Z',
  message: null,
};

const experimentOfEvent = z
  .object({
    id: text('Experiment ID'),
    name: text('Experiment name'),
    state: text('State'),
    phase: z.number().int().meta({ title: 'Phase' }),
    unit: text('Unit'),
    metric: text('Metric'),
  })
  .meta({ title: 'Experiment' });
const sampleExperiment = {
  id: 'exp_01k2',
  name: 'tone',
  state: 'running',
  phase: 1,
  unit: 'execution',
  metric: 'feedback',
};

export const budgetAlert = alert({
  id: 'budget_alert',
  label: 'Budget alert',
  plural: 'Budget alerts',
  happens: 'a budget passes one of its thresholds or is used up',
  events: ['budget.threshold_reached', 'budget.exceeded'],
  filters: ['client_id', 'project', 'scenario_id', 'budget_id', 'percent'],
  data: z.object({ budget, percent: z.number().int().meta({ title: 'Threshold (%)' }), ...ofCall }),
  sample: sampleEvent.data,
});

export const alerts = [
  budgetAlert,
  alert({
    id: 'budget_reset',
    label: 'Budget reset',
    plural: 'Budget resets',
    happens: 'a budget resets at the start of its next period',
    events: ['budget.reset'],
    filters: ['client_id', 'project', 'scenario_id', 'budget_id'],
    data: z.object({ budget }),
    sample: {
      budget: { ...sampleBudget, status: 'ok', spent_usd: 0, held_usd: 0, remaining_usd: 50, percent_used: 0 },
    },
  }),
  alert({
    id: 'scenario_paused',
    label: 'Paused scenario',
    plural: 'Paused scenarios',
    happens: 'a scenario is paused by a person or by its own limits',
    events: ['scenario.paused'],
    filters: ['scenario_id'],
    data: pauseData('Paused by'),
    sample: { scenario: sampleScenario, reason: sampleScenario.reason, by: sampleScenario.by },
  }),
  alert({
    id: 'scenario_resumed',
    label: 'Resumed scenario',
    plural: 'Resumed scenarios',
    happens: 'a paused scenario is resumed and its calls are allowed again',
    events: ['scenario.resumed'],
    filters: ['scenario_id'],
    data: pauseData('Resumed by'),
    sample: {
      scenario: { ...sampleScenario, state: 'running', reason: null, by: null, since: null, calls_per_minute: 0 },
      reason: null,
      by: 'Owner',
    },
  }),
  alert({
    id: 'provider_down',
    label: 'Provider outage',
    plural: 'Provider outages',
    happens: 'a model provider fails',
    events: ['provider.down'],
    data: outageData,
    sample: sampleOutage,
  }),
  alert({
    id: 'provider_recovered',
    label: 'Provider recovery',
    plural: 'Provider recoveries',
    happens: 'a provider that failed answers again',
    events: ['provider.recovered'],
    data: outageData,
    sample: { ...sampleOutage, error_rate: 0, resting_until: null },
  }),
  alert({
    id: 'provider_refused_account',
    label: 'Provider account refusal',
    plural: 'Provider account refusals',
    happens: 'a provider refuses the gateway’s account because of its key, its credit or its access',
    events: ['provider.refused_account'],
    data: z.object({
      provider: text('Provider'),
      model: text('Model').nullable(),
      reason: text('Reason'),
      status: z.number().int().nullable().meta({ title: 'HTTP status' }),
      message: text('Message of the provider'),
      since: moment('Refused since'),
    }),
    sample: {
      provider: 'openai',
      model: null,
      reason: 'credit',
      status: 429,
      message: 'You exceeded your current quota, please check your plan and billing details.',
      since: '2026-11-01T07:58:00.000Z',
    },
  }),
  alert({
    id: 'latency_degraded',
    label: 'Latency alert',
    plural: 'Latency alerts',
    happens: 'a model takes much longer than usual to begin its answers',
    events: ['latency.degraded'],
    data: z.object({
      provider: text('Provider'),
      model: text('Model'),
      p95_ms: z.number().meta({ title: 'Time to first byte' }),
      usual_p95_ms: z.number().meta({ title: 'Usual time to first byte' }),
    }),
    sample: { provider: 'openai', model: 'gpt-4o-mini', p95_ms: 4200, usual_p95_ms: 900 },
  }),
  alert({
    id: 'client_lookalike',
    label: 'Lookalike name',
    plural: 'Lookalike names',
    happens: 'a call names a client, project or scenario that differs from a known one by case only',
    events: ['client.lookalike'],
    data: z.object({ tag: text('Tag'), value: text('New name'), known: text('Known name') }),
    sample: { tag: 'client_id', value: 'ACME', known: 'acme' },
  }),
  alert({
    id: 'rule_unreachable',
    label: 'Unreachable rule',
    plural: 'Unreachable rules',
    happens: 'a rule of routing names a model that no call can reach any more',
    events: ['rule.unreachable'],
    data: z.object({ rule: z.object({ id: text('Rule'), name: text('Name') }), model: text('Model') }),
    sample: { rule: { id: 'invoices', name: 'Invoices' }, model: 'gpt-6-luna' },
  }),
  alert({
    id: 'experiment_decided',
    label: 'Experiment verdict',
    plural: 'Experiment verdicts',
    happens: 'an experiment is decided: an arm is better, or none is',
    events: ['experiment.decided'],
    data: z.object({
      experiment: experimentOfEvent,
      verdict: text('Verdict'),
      winner: text('Winner').nullable(),
      text: text('Result in words'),
      units: z.number().int().meta({ title: 'Units' }),
    }),
    sample: {
      experiment: sampleExperiment,
      verdict: 'better',
      winner: 'B',
      text: 'B is better: 4 to 9 points more thumbs up (640 runs). You can adopt it.',
      units: 640,
    },
  }),
  alert({
    id: 'experiment_guard_tripped',
    label: 'Stopped experiment arm',
    plural: 'Stopped experiment arms',
    happens: 'a guard stops an arm of an experiment because the arm is clearly worse',
    events: ['experiment.guard_tripped'],
    data: z.object({
      experiment: experimentOfEvent,
      arm: text('Arm'),
      guard: text('Guard'),
      text: text('Reason in words'),
    }),
    sample: {
      experiment: sampleExperiment,
      arm: 'B',
      guard: 'error',
      text: 'B is stopped: 4 to 9 points more errors than A (640 runs).',
    },
  }),
  alert({
    id: 'incident',
    label: 'Incident',
    plural: 'Incidents',
    happens: 'an incident of the gateway or of a provider is opened, updated or resolved',
    events: ['incident.opened', 'incident.updated', 'incident.resolved'],
    data: z.object({ incident: eventIncident }),
    sample: { incident: sampleIncident },
  }),
  alert({
    id: 'prompt_published',
    label: 'Published prompt',
    plural: 'Published prompts',
    happens: 'the label production of a prompt moves to another version',
    events: ['prompt.published'],
    data: z.object({
      prompt: z.object({ id: text('Prompt'), name: text('Name') }).meta({ title: 'Prompt' }),
      version: z.number().int().meta({ title: 'Version' }),
      previous_version: z.number().int().nullable().meta({ title: 'Previous version' }),
      note: text('Note'),
      by: text('Published by'),
    }),
    sample: {
      prompt: { id: 'support-reply', name: 'Support reply' },
      version: 7,
      previous_version: 6,
      note: 'Shorter answers',
      by: 'Owner',
    },
  }),
  alert({
    id: 'auto_task_cleared',
    label: 'Task cleared by auto',
    plural: 'Tasks cleared by auto',
    happens:
      'the answers of a small model agree with those of the strong one often enough, so that "auto" sends it the task',
    events: ['auto.task_cleared'],
    data: taskData,
    sample: sampleTask,
  }),
  alert({
    id: 'auto_task_withdrawn',
    label: 'Task withdrawn by auto',
    plural: 'Tasks withdrawn by auto',
    happens:
      'the newest answers of a small model no longer agree with those of the strong one, so that "auto" takes the task back',
    events: ['auto.task_withdrawn'],
    data: taskData,
    sample: { ...sampleTask, pairs: 412, agreement: 0.94, lower: 0, level: 0.95 },
  }),
] as const;

/** The alerts with the texts and keys of one platform. */
export function alertsOn(platform: Platform): Alert[] {
  return alerts.map((one) => ({ ...one, filters: fieldsOn(platform, one.filters, 'alerts.') }));
}

/** The fields of every event, its data aside. */
export const envelopeFields: readonly Field[] = [
  stepField({ key: 'id', label: 'Event ID' }),
  stepField({ key: 'type', label: 'Event type' }),
  stepField({ key: 'created_at', label: 'Event created at', moment: true }),
  stepField({ key: 'livemode', label: 'Live mode', kind: 'boolean' }),
];

/** The same in a sample. */
export function sampleEnvelope({ events }: Alert) {
  const { id, type, created_at, livemode } = sampleEvent;
  return { id, type: events[0] ?? type, created_at, livemode };
}
