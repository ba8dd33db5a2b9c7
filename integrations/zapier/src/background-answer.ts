import type { InputOf, OutputOf } from '@ai-gateway/shared/contract';
import { fromErrorBody, GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { Receipt } from '@ai-gateway/shared/steps/chat-step';
import type { Bundle, ZObject } from 'zapier-platform-core';
import { booleanOf } from './form-value.ts';
import { gatewayOf, type Settings } from './gateway.ts';

/** In a test of the step nobody could be called back, so it waits like any other. */
export function mayTakeLong({ inputData, meta }: Bundle): boolean {
  return booleanOf(inputData.long_answer) === true && meta?.isLoadingSample !== true;
}

type Question = Pick<InputOf<'background.create'>, 'model' | 'messages'> & Record<string, unknown>;
type Job = Pick<OutputOf<'background.create'>, 'id' | 'status'>;

/** Pauses the Zap until the gateway calls back. Merely asking for the URL pauses it, so the form is read first. */
export async function askInBackground(
  z: ZObject,
  bundle: Bundle,
  { settings, request }: { settings: Settings; request: Question },
): Promise<Job> {
  const client = gatewayOf(z, bundle, settings);
  const callbackUrl = z.generateCallbackUrl();
  // The URL is this one run's own: should Zapier try the step again, it is the same call and paid once.
  const once = { 'idempotency-key': z.hash('sha256', callbackUrl) };
  const job = await client.call('background.create', { ...request, callback_url: callbackUrl }, { headers: once });
  return { id: job.id, status: job.status };
}

type Answered = OutputOf<'background.get'> & { response: OutputOf<'chat.complete'> };

/**
 * A post to the callback only wakes the step: the answer is fetched from the gateway, which proves it and has its
 * cost beside it.
 */
export async function answeredMeanwhile(z: ZObject, bundle: Bundle, settings: Settings): Promise<Answered> {
  const id = isRecord(bundle.outputData) ? bundle.outputData.id : undefined;
  if (typeof id !== 'string')
    throw new GatewayError('invalid_request', 'This step was not waiting for an answer. Run the Zap again.');
  const state = await gatewayOf(z, bundle, settings).call('background.get', { id });
  const { response } = state;
  if (state.status === 'failed') throw fromErrorBody({ error: state.error }, { status: 502 });
  if (response === undefined)
    throw new GatewayError('provider_error', `The answer to ${id} is not there yet, though the gateway called back.`);
  return { ...state, response };
}

/** A gateway of an older version says less. */
export function receiptOfBackground(state: Answered): Receipt {
  return {
    provider: state.provider ?? null,
    cost_usd: state.cost_usd ?? null,
    budget_remaining_usd: state.budget_remaining_usd ?? null,
    route: state.route ?? null,
    request_id: state.request_id ?? null,
    cache: state.cache ?? null,
    saved_usd: state.saved_usd ?? null,
  };
}
