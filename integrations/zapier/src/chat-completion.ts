import { fromErrorBody, GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { Operation } from '@ai-gateway/shared/operation';
import { chatOutput, chatSample, chatStep } from '@ai-gateway/shared/steps/chat-form';
import { receiptOf } from '@ai-gateway/shared/steps/chat-step';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
import type { Bundle, Create, ZObject } from 'zapier-platform-core';
import { type ChatAnswer, chatAnswer, receiptOfBackground } from './chat-answer.ts';
import { chatInputs } from './chat-form.ts';
import { chatRequest } from './chat-request.ts';
import { booleanOf } from './form-value.ts';
import { gatewayOf, type Settings } from './gateway.ts';
import { tagsOf } from './tags.ts';
import { actionLabel, keyOf } from './wording.ts';
import { asZapierErrors } from './zapier-errors.ts';
import { outputFields } from './zapier-output.ts';

export function chatCompletion(operation: Operation, settings: Settings): Create {
  return {
    key: keyOf(operation.id),
    noun: 'Chat Completion',
    display: {
      label: actionLabel(chatStep.label),
      description: chatStep.description,
    },
    operation: {
      perform: (z, bundle) => asZapierErrors(z, () => ask(z, bundle, settings), { whenSlow }),
      performResume: (z, bundle) => asZapierErrors(z, () => resume(z, bundle, settings)),
      inputFields: [...chatInputs],
      outputFields: outputFields(chatOutput),
      sample: chatSample,
    },
  };
}

const whenSlow = 'Switch on “Wait for Long Answer”, or choose a faster model.';

/** In a test of the step nobody could be called back, so it waits like any other. */
function ask(z: ZObject, bundle: Bundle, settings: Settings): Promise<Record<string, unknown>> {
  const isTest = bundle.meta?.isLoadingSample === true;
  return booleanOf(bundle.inputData.long_answer) === true && !isTest
    ? askInBackground(z, bundle, settings)
    : askAndWait(z, bundle, settings);
}

async function askAndWait(z: ZObject, bundle: Bundle, settings: Settings): Promise<ChatAnswer> {
  let headers: TransportAnswer['headers'] = {};
  const request = chatRequest(bundle.inputData, tagsOf(bundle, bundle.inputData));
  const completion = await gatewayOf(z, bundle, settings).call('chat.complete', request, {
    onHeaders: (given) => {
      headers = given;
    },
  });
  return chatAnswer(completion, { asJson: wantsJson(bundle), receipt: receiptOf(headers) });
}

/** Merely asking for the URL pauses the Zap, so the form is read first. */
async function askInBackground(z: ZObject, bundle: Bundle, settings: Settings): Promise<Record<string, unknown>> {
  const { stream: _, ...request } = chatRequest(bundle.inputData, tagsOf(bundle, bundle.inputData));
  const client = gatewayOf(z, bundle, settings);
  const callbackUrl = z.generateCallbackUrl();
  // The URL is this one run's own: should Zapier try the step again, it is the same call and paid once.
  const once = { 'idempotency-key': z.hash('sha256', callbackUrl) };
  const job = await client.call('background.create', { ...request, callback_url: callbackUrl }, { headers: once });
  return { id: job.id, status: job.status };
}

/**
 * A post to the callback only wakes the step: the answer is fetched from the gateway, which proves it and has its
 * cost beside it.
 */
async function resume(z: ZObject, bundle: Bundle, settings: Settings): Promise<ChatAnswer> {
  const id = isRecord(bundle.outputData) ? bundle.outputData.id : undefined;
  if (typeof id !== 'string')
    throw new GatewayError('invalid_request', 'This step was not waiting for an answer. Run the Zap again.');
  const state = await gatewayOf(z, bundle, settings).call('background.get', { id });
  if (state.status === 'failed') throw fromErrorBody({ error: state.error }, { status: 502 });
  if (state.response === undefined)
    throw new GatewayError('provider_error', `The answer to ${id} is not there yet, though the gateway called back.`);
  return chatAnswer(state.response, { asJson: wantsJson(bundle), receipt: receiptOfBackground(state) });
}

function wantsJson({ inputData }: Bundle): boolean {
  return inputData.output_format === 'json_object' || inputData.output_format === 'json_schema';
}
