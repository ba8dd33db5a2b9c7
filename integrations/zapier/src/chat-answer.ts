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

/** The receipt of a completion that was made in the background. */
export function receiptOfBackground(state: OutputOf<'background.get'>): Receipt {
  return {
    provider: state.provider ?? null,
    cost_usd: state.cost_usd ?? null,
    budget_remaining_usd: state.budget_remaining_usd ?? null,
    route: null,
    request_id: state.id,
    cache: null,
    saved_usd: null,
  };
}
