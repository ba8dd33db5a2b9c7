import type { OutputOf } from '@ai-gateway/shared/contract';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
import type { IDataObject } from 'n8n-workflow';
import { readJson } from '../plain-value.ts';

/** A completion in the few fields a workflow goes on with. */
export function chatAnswer(
  completion: OutputOf<'chat.complete'>,
  { headers, asJson }: { headers: TransportAnswer['headers']; asJson: boolean },
): IDataObject {
  const [choice] = completion.choices;
  const text = choice?.message.content ?? '';
  return {
    text,
    ...(asJson ? { json: jsonIn(text) as IDataObject | null } : {}),
    model: completion.model,
    finish_reason: choice?.finish_reason ?? null,
    usage: usageOf(completion),
    ...receiptOf(headers),
  };
}

/** What the gateway says beside the answer. */
export function receiptOf(headers: TransportAnswer['headers']): IDataObject {
  return {
    provider: headers['x-gateway-provider'] ?? null,
    cost_usd: dollars(headers['x-gateway-cost-usd']),
    budget_remaining_usd: dollars(headers['x-gateway-budget-remaining-usd']),
    route: headers['x-gateway-route'] ?? null,
    request_id: headers['x-request-id'] ?? null,
  };
}

function usageOf({ usage }: OutputOf<'chat.complete'>): IDataObject {
  return {
    input_tokens: usage?.prompt_tokens ?? 0,
    output_tokens: usage?.completion_tokens ?? 0,
    total_tokens: usage?.total_tokens ?? 0,
  };
}

/** Absent where there is no budget, which is not the same as nothing left. */
function dollars(value: string | undefined): number | null {
  return value === undefined || value === '' ? null : Number(value);
}

/** Models like to wrap JSON in a fence. Null where it was cut short: `finish_reason` is `length` then. */
function jsonIn(text: string): unknown {
  return readJson(text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1')) ?? null;
}
