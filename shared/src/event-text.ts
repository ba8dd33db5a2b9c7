import { dateForPeople } from './date-for-people.ts';
import { parseUsd, usdForPeople } from './money.ts';
import type { EventType } from './operations/events.ts';
import { scenarioChange, scenarioText } from './scenario-text.ts';

/*
 * Events as people read them: in Slack, in mails and on the screen Alerts.
 *
 * ```ts
 * import { eventText, type TextEvent } from '@ai-gateway/shared/event-text';
 *
 * const budget = { name: 'Acme', limit_usd: 5, spent_usd: 4 };
 * const data = { percent: 80, budget };
 * const event: TextEvent = { type: 'budget.threshold_reached', created_at: '2026-09-01T00:00:00Z', livemode: true, data };
 * console.log(eventText(event, { provider: (id) => id }).subject);
 * ```
 */

export interface TextEvent {
  type: EventType;
  created_at: string;
  livemode: boolean;
  data: Record<string, unknown>;
}

/** Names of things that events have the ids of. */
export interface EventNames {
  provider: (id: string) => string;
  /** Null for a scenario without a name, undefined for one that is not known: then an event's own name of it is told. */
  scenario?: (id: string) => string | null | undefined;
}

export interface EventText {
  subject: string;
  lines: string[];
}

interface BudgetData {
  budget?: {
    name?: string;
    limit_usd?: number;
    spent_usd?: number;
    remaining_usd?: number;
    resets_at?: string | null;
    timezone?: string;
    scope?: Readonly<Record<string, string>>;
    on_limit?: string;
  };
  percent?: number;
  client_id?: string | null;
  project?: string | null;
  scenario_id?: string | null;
  scenario_platform?: string | null;
}

export function eventText(event: TextEvent, names: EventNames): EventText {
  const text = bareText(event, names);
  if (!isMadeUp(event)) return text;
  return {
    subject: `Test: ${text.subject}`,
    lines: ['This is a test of your alerts. Its names and figures are made up.', ...text.lines],
  };
}

/** Sent by `POST /v1/webhooks/:id/test`. */
function isMadeUp({ data }: TextEvent): boolean {
  return (data as { test?: unknown }).test === true;
}

function bareText(event: TextEvent, names: EventNames): EventText {
  const nameOf = (provider: string | undefined): string =>
    provider === undefined ? 'A provider' : names.provider(provider);
  const scenarioOf = (id: string): string => scenarioText({ id, name: names.scenario?.(id) });
  const test = event.livemode ? '' : ' (test mode)';
  switch (event.type) {
    case 'budget.threshold_reached':
    case 'budget.exceeded': {
      const {
        budget,
        percent,
        client_id: client,
        project,
        scenario_id: scenario,
        scenario_platform: platform,
      } = event.data as BudgetData;
      const name = budget?.name ?? '';
      return {
        subject:
          percent === undefined || percent >= 100
            ? `Budget "${name}" has reached its limit${test}`
            : `Budget "${name}" has reached ${percent} %${test}`,
        lines: [
          `${usd(budget?.spent_usd)} of ${usd(budget?.limit_usd)} spent, ${usd(budget?.remaining_usd)} left.${resetLine(budget)}`,
          ...ruleLine(budget, { isSpent: percent === undefined || percent >= 100, scenarioOf }),
          ...tagLine([
            ['client', client],
            ['project', project],
            ['scenario', scenario == null ? scenario : scenarioOf(scenario)],
            ['platform', platform],
          ]),
        ],
      };
    }
    case 'budget.reset': {
      const { budget } = event.data as BudgetData;
      return {
        subject: `Budget "${budget?.name ?? ''}" was reset${test}`,
        lines: [`The limit is ${usd(budget?.limit_usd)}.`],
      };
    }
    case 'scenario.paused':
    case 'scenario.resumed': {
      const word = event.type === 'scenario.paused' ? 'paused' : 'resumed';
      const { scenario } = event.data as { scenario?: { id?: string } };
      const { title, lines } = scenarioChange(event.data, word, names.scenario?.(scenario?.id ?? ''));
      return { subject: `${title}${test}`, lines };
    }
    case 'provider.down':
    case 'provider.recovered': {
      const { provider: id, since } = event.data as { provider?: string; since?: string };
      const provider = nameOf(id);
      return event.type === 'provider.down'
        ? {
            subject: `${provider} is failing${test}`,
            lines: [
              `It has been failing since ${dateForPeople(readable(since) ?? event.created_at, 'UTC')}. Calls fall back to other providers where possible.`,
            ],
          }
        : { subject: `${provider} answers again${test}`, lines: [] };
    }
    case 'provider.refused_account': {
      const {
        provider: id,
        model,
        message,
      } = event.data as {
        provider?: string;
        model?: string | null;
        message?: string | null;
      };
      const provider = nameOf(id);
      return {
        subject: `${provider} rejected ${model == null ? 'the account' : `the model ${model}`}${test}`,
        lines: [
          ...(message == null ? [] : [`${provider} said: ${message}`]),
          'Calls fall back to other providers where possible. Check the key, the credit and the limits of the account.',
        ],
      };
    }
    case 'client.lookalike': {
      const { tag, value, known } = event.data as Record<string, unknown>;
      return {
        subject: `"${String(value)}" looks like "${String(known)}"${test}`,
        lines: [
          `A call named the ${String(tag).replace(/_id$/, '').replaceAll('_', ' ')} "${String(value)}", which differs from "${String(known)}" by case only. The gateway counts them separately. If they are the same, correct the call.`,
        ],
      };
    }
    case 'prompt.published': {
      const { prompt, version, previous_version, note, by } = event.data as {
        prompt?: { id?: string; name?: string };
        version?: number;
        previous_version?: number | null;
        note?: string;
        by?: string;
      };
      const before = previous_version == null ? '' : ` in place of version ${previous_version}`;
      return {
        subject: `Prompt "${prompt?.name ?? ''}" is published${test}`,
        lines: [
          `${by ?? 'Somebody'} published version ${version ?? ''}${before}. Calls of ${prompt?.id ?? 'the prompt'} use it now.`,
          ...(note === undefined || note === '' ? [] : [`Note: ${note}`]),
        ],
      };
    }
    case 'rule.unreachable': {
      const { rule, model } = event.data as { rule?: { name?: string }; model?: string };
      return {
        subject: `Rule "${rule?.name ?? ''}" names a model that no call can reach${test}`,
        lines: [
          `No account of the workspace reaches ${model ?? 'the model'} any more. Calls go on without this rule. Change the rule, or add the account again.`,
        ],
      };
    }
    case 'experiment.decided':
    case 'experiment.guard_tripped': {
      const { experiment, text } = event.data as { experiment?: { name?: string }; text?: string };
      const name = experiment?.name ?? '';
      return {
        subject:
          event.type === 'experiment.decided'
            ? `Experiment "${name}" is decided${test}`
            : `A guard has stopped an arm of experiment "${name}"${test}`,
        lines: text === undefined ? [] : [text],
      };
    }
    case 'incident.opened':
    case 'incident.updated':
    case 'incident.resolved': {
      const { title, text, url } = (event.data as { incident?: Record<string, unknown> }).incident ?? {};
      const name = String(title ?? 'An incident');
      return {
        subject: `${{ 'incident.opened': 'Incident', 'incident.updated': 'Update', 'incident.resolved': 'Resolved' }[event.type]}: ${name}`,
        lines: [
          ...(text === undefined ? [] : [String(text)]),
          ...(url === undefined ? [] : [`Details: ${String(url)}`]),
        ],
      };
    }
    case 'auto.task_cleared':
    case 'auto.task_withdrawn': {
      const {
        model,
        baseline_model: baseline,
        pairs,
        agreement,
        judged,
        scenario_id: scenario,
      } = event.data as Record<string, unknown>;
      const place = typeof scenario === 'string' ? ` It was last called by scenario ${scenarioOf(scenario)}.` : '';
      const isJudged = judged === true;
      const share = isJudged
        ? `${String(pairs)} pairs of answers were judged, ${shareText(agreement)} of them as good.`
        : `${String(pairs)} pairs of answers, ${shareText(agreement)} of them agree.`;
      return event.type === 'auto.task_cleared'
        ? {
            subject: `auto sends a task to ${String(model)}${test}`,
            lines: [
              `Its answers ${isJudged ? 'are as good as' : 'agree with'} those of ${String(baseline)}: ${share}${place}`,
            ],
          }
        : {
            subject: `auto sends a task back to ${String(baseline)}${test}`,
            lines: [
              `The newest answers of ${String(model)} ${isJudged ? 'are too rarely as good as' : 'agree too rarely with'} those of ${String(baseline)}.${place}`,
            ],
          };
    }
    case 'latency.degraded': {
      const { provider, model, p95_ms: now, usual_p95_ms: usual } = event.data as Record<string, unknown>;
      return {
        subject: `${String(model)} is slow${test}`,
        lines: [
          `${nameOf(String(provider))} takes ${seconds(now)} to answer (95th percentile), usually ${seconds(usual)}.`,
        ],
      };
    }
  }
}

function usd(value: number | undefined): string {
  const nanos = value === undefined ? undefined : parseUsd(value);
  return nanos === undefined ? '?' : usdForPeople(nanos);
}

/** A date as people write it, on the clock that the budget goes by. */
function resetLine({ resets_at: at, timezone = 'UTC' }: NonNullable<BudgetData['budget']> = {}): string {
  return at === undefined || at === null ? '' : ` It resets on ${dateForPeople(at, timezone)}.`;
}

/** The calls that the budget counts, which its name need not say, and what becomes of them at the limit. */
function ruleLine(
  { scope, on_limit: onLimit }: NonNullable<BudgetData['budget']> = {},
  { isSpent, scenarioOf }: { isSpent: boolean; scenarioOf: (id: string) => string },
): string[] {
  if (scope === undefined) return [];
  const shown = (tag: string, value: string): string => (tag === 'scenario_id' ? scenarioOf(value) : value);
  const tags = Object.entries(scope).map(([tag, value]) => `${tag.replace(/_id$/, '')} ${shown(tag, value)}`);
  const calls = tags.length === 0 ? 'calls' : `calls of ${tags.join(', ')}`;
  if (!isSpent) return [tags.length === 0 ? 'It counts all calls.' : `It counts the ${calls}.`];
  return [
    onLimit === 'notify'
      ? `${capital(calls)} go on: this budget refuses none.`
      : `${capital(calls)} are refused while it cannot pay for them. Raise it to let them go on.`,
  ];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Made-up events may carry anything. */
function readable(time: string | undefined): string | undefined {
  return time === undefined || Number.isNaN(Date.parse(time)) ? undefined : time;
}

function shareText(share: unknown): string {
  return typeof share === 'number' ? `${Math.round(share * 100)} %` : '?';
}

function seconds(ms: unknown): string {
  return `${(Number(ms) / 1_000).toLocaleString('en', { maximumFractionDigits: 1 })} s`;
}

function tagLine(tags: readonly (readonly [string, string | null | undefined])[]): string[] {
  const named = tags
    .filter(([, value]) => value != null && value !== '')
    .map(([name, value]) => `${name} ${String(value)}`);
  return named.length === 0 ? [] : [`Triggered by a call for ${named.join(', ')}.`];
}
