import type { Operation } from '@ai-gateway/shared/operation';
import { chatOutput, chatSample, chatStep } from '@ai-gateway/shared/steps/chat-form';
import { receiptOf, type StepInput } from '@ai-gateway/shared/steps/chat-step';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
import type { Bundle, Create, ZObject } from 'zapier-platform-core';
import { answeredFields } from './answered-fields.ts';
import { answeredMeanwhile, askInBackground, mayTakeLong, receiptOfBackground } from './background-answer.ts';
import { type ChatAnswer, chatAnswer, sampleOfAnswer } from './chat-answer.ts';
import { chatInputs } from './chat-form.ts';
import { chatRequest } from './chat-request.ts';
import { filesOf } from './form-files.ts';
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
      outputFields: [...outputFields(chatOutput), async (_z, bundle) => answeredFields(bundle.inputData ?? {})],
      sample: sampleOfAnswer(chatSample),
    },
  };
}

const whenSlow = 'Switch on “Wait for Long Answer”, or choose a faster model.';

async function ask(z: ZObject, bundle: Bundle, settings: Settings): Promise<Record<string, unknown>> {
  const { inputData, authData } = bundle;
  // Files and the call share the time of the step: it is over at one moment, and a call that is paid for is not lost.
  const deadlineMs = Date.now() + settings.timeoutMs;
  const files = await filesOf(z, inputData.files, { baseUrl: String(authData.base_url ?? ''), deadlineMs });
  const { stream: _, ...request } = chatRequest(inputData, tagsOf(bundle, inputData), files);
  const left = { ...settings, timeoutMs: Math.max(1, deadlineMs - Date.now()) };
  return mayTakeLong(bundle)
    ? { ...(await askInBackground(z, bundle, { settings: left, request })) }
    : askAndWait(z, bundle, { settings: left, request });
}

async function askAndWait(
  z: ZObject,
  bundle: Bundle,
  { settings, request }: { settings: Settings; request: StepInput },
): Promise<ChatAnswer> {
  let headers: TransportAnswer['headers'] = {};
  const completion = await gatewayOf(z, bundle, settings).call('chat.complete', request, {
    onHeaders: (given) => {
      headers = given;
    },
  });
  return chatAnswer(completion, { asJson: wantsJson(bundle), receipt: receiptOf(headers) });
}

async function resume(z: ZObject, bundle: Bundle, settings: Settings): Promise<ChatAnswer> {
  const state = await answeredMeanwhile(z, bundle, settings);
  return chatAnswer(state.response, { asJson: wantsJson(bundle), receipt: receiptOfBackground(state) });
}

function wantsJson({ inputData }: Bundle): boolean {
  return ['fields', 'json_object', 'json_schema'].includes(String(inputData.output_format));
}
