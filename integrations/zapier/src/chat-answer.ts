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
