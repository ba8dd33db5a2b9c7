import type { GatewayEvent } from '../events/event-store.ts';

/** An event in a line or two for people: Slack and e-mail. */
export interface EventText {
  subject: string;
  lines: string[];
}

interface BudgetData {
  budget?: { name?: string; limit_usd?: number; spent_usd?: number; remaining_usd?: number; resets_at?: string | null };
  percent?: number;
  client_id?: string | null;
  project?: string | null;
  scenario_id?: string | null;
  scenario_platform?: string | null;
}

export function textOf(event: GatewayEvent): EventText {
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
      const resets = budget?.resets_at ? ` It begins anew at ${budget.resets_at}.` : '';
      return {
        subject:
          percent === undefined || percent >= 100
            ? `Budget "${name}" is spent${test}`
            : `Budget "${name}" has reached ${percent} %${test}`,
        lines: [
          `$${usd(budget?.spent_usd)} of $${usd(budget?.limit_usd)} are spent, $${usd(budget?.remaining_usd)} are left.${resets}`,
          ...tagLine([
            ['client', client],
            ['project', project],
            ['scenario', scenario],
            ['platform', platform],
          ]),
        ],
      };
    }
    case 'budget.reset': {
      const { budget } = event.data as BudgetData;
      return {
        subject: `Budget "${budget?.name ?? ''}" begins anew${test}`,
        lines: [`$${usd(budget?.limit_usd)} may be spent.`],
      };
    }
    case 'scenario.paused':
    case 'scenario.resumed': {
      const { scenario, reason, by } = event.data as {
        scenario?: { id?: string; platform?: string | null };
        reason?: string | null;
        by?: string;
      };
      const word = event.type === 'scenario.paused' ? 'paused' : 'resumed';
      return {
        subject: `Scenario "${scenario?.id ?? ''}" was ${word}${test}`,
        lines: [`By ${by === 'loop_breaker' ? 'the loop breaker' : (by ?? 'somebody')}.${reason ? ` ${reason}` : ''}`],
      };
    }
    case 'provider.down':
    case 'provider.recovered': {
      const { provider, since } = event.data as { provider?: string; since?: string };
      return event.type === 'provider.down'
        ? {
            subject: `${provider ?? 'A provider'} is failing${test}`,
            lines: [`Since ${since ?? event.created_at}. Calls fall back where they can.`],
          }
        : { subject: `${provider ?? 'A provider'} answers again${test}`, lines: [] };
    }
    case 'provider.refused_account': {
      const { provider = 'A provider', model, message } = event.data as Record<string, string | undefined>;
      return {
        subject: `${provider} refused ${model === undefined ? 'the account' : `the model ${model}`}${test}`,
        lines: [
          ...(message === undefined ? [] : [`${provider} said: ${message}`]),
          'Calls fall back where they can. Check the key, the credit and the limits of the account.',
        ],
      };
    }
    case 'client.lookalike': {
      const { tag, value, known } = event.data as Record<string, unknown>;
      return {
        subject: `"${String(value)}" looks like "${String(known)}"${test}`,
        lines: [
          `A call named the ${String(tag)} "${String(value)}", which differs from "${String(known)}" by case only. Both are counted apart: correct the call if one is meant.`,
        ],
      };
    }
    case 'latency.degraded': {
      const { provider, model, p95_ms: now, usual_p95_ms: usual } = event.data as Record<string, unknown>;
      return {
        subject: `${String(model)} is slow${test}`,
        lines: [
          `${String(provider)} takes ${String(now)} ms to answer (95th percentile), usually ${String(usual)} ms.`,
        ],
      };
    }
  }
}

function usd(value: number | undefined): string {
  return value === undefined ? '?' : value.toFixed(2);
}

function tagLine(tags: readonly (readonly [string, string | null | undefined])[]): string[] {
  const named = tags
    .filter(([, value]) => value != null && value !== '')
    .map(([name, value]) => `${name} ${String(value)}`);
  return named.length === 0 ? [] : [`The call that did it: ${named.join(', ')}.`];
}

/** The shape of Slack's incoming webhooks; `<`, `>` and `&` are its own marks. */
export function slackBody(event: GatewayEvent): string {
  const { subject, lines } = textOf(event);
  const escaped = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return JSON.stringify({ text: [`*${escaped(subject)}*`, ...lines.map(escaped)].join('\n') });
}
