import type { OutputOf } from '@ai-gateway/shared/contract';
import { type Receipt, stepAnswer } from '@ai-gateway/shared/steps/chat-step';

/** The answer a Zap goes on with: the same keys whether the step waited or was called back. */
export type ChatAnswer = ReturnType<typeof stepAnswer> & Receipt & Record<string, unknown>;

export function chatAnswer(
  completion: OutputOf<'chat.complete'>,
  { asJson, receipt }: { asJson: boolean; receipt: Receipt },
): ChatAnswer {
  return { ...stepAnswer(completion, asJson), ...receipt };
}

/**
 * "If there are custom fields that will be returned for some users and not others, please do not include these in the sample data."
 * The fields of an answer's JSON are a Zap's own: its form and its test have them.
 * https://docs.zapier.com/platform/publish/integration-publishing-requirements
 */
export function sampleOfAnswer({ json: _, ...sample }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return sample;
}
