import type { OutputOf } from '@ai-gateway/shared/contract';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
import { readJson } from './form-value.ts';

/** What a Zap goes on with: the same keys whether the step waited or was called back. */
export interface ChatAnswer extends Record<string, unknown> {
  text: string;
  /** Null unless JSON was asked for, and where it was cut short: `finish_reason` is `length` then. */
  json: unknown;
  model: string;
  finish_reason: string | null;
  usage: { input_tokens: number; output_tokens: number; total_tokens: number };
  provider: string | null;
  cost_usd: number | null;
  /** Null where there is no budget, which is not the same as nothing left. */
  budget_remaining_usd: number | null;
  route: string | null;
  request_id: string | null;
}

type Completion = OutputOf<'chat.complete'>;
type Receipt = Pick<ChatAnswer, 'provider' | 'cost_usd' | 'budget_remaining_usd' | 'route' | 'request_id'>;

export function chatAnswer(
  completion: Completion,
  { asJson, receipt }: { asJson: boolean; receipt: Receipt },
): ChatAnswer {
  const [choice] = completion.choices;
  const text = choice?.message.content ?? '';
  const { usage } = completion;
  return {
    text,
    json: asJson ? jsonIn(text) : null,
    model: completion.model,
    finish_reason: choice?.finish_reason ?? null,
    usage: {
      input_tokens: usage?.prompt_tokens ?? 0,
      output_tokens: usage?.completion_tokens ?? 0,
      total_tokens: usage?.total_tokens ?? 0,
    },
    ...receipt,
  };
}

/** What the gateway says beside an answer, by its headers. */
export function receiptOfHeaders(headers: TransportAnswer['headers']): Receipt {
  return {
    provider: headers['x-gateway-provider'] ?? null,
    cost_usd: dollars(headers['x-gateway-cost-usd']),
    budget_remaining_usd: dollars(headers['x-gateway-budget-remaining-usd']),
    route: headers['x-gateway-route'] ?? null,
    request_id: headers['x-request-id'] ?? null,
  };
}

/** The same of a completion that was made in the background. */
export function receiptOfBackground(state: OutputOf<'background.get'>): Receipt {
  return {
    provider: state.provider ?? null,
    cost_usd: state.cost_usd ?? null,
    budget_remaining_usd: state.budget_remaining_usd ?? null,
    route: null,
    request_id: state.id,
  };
}

function dollars(value: string | undefined): number | null {
  return value === undefined || value === '' ? null : Number(value);
}

/** Models like to wrap JSON in a fence. */
function jsonIn(text: string): unknown {
  return readJson(text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1')) ?? null;
}
