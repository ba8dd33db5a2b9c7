import type { InputOf } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { receiptOfRun } from '@ai-gateway/shared/steps/chat-step';
import type { Bundle, ZObject } from 'zapier-platform-core';
import { answeredMeanwhile, askInBackground, mayTakeLong, receiptOfBackground } from './background-answer.ts';
import { chatAnswer } from './chat-answer.ts';
import { gatewayOf, type Settings } from './gateway.ts';
import { filledIn, shownFields } from './perform.ts';
import { tagsOf } from './tags.ts';
import { asZapierErrors } from './zapier-errors.ts';

type Answer = Promise<Record<string, unknown>>;

const whenSlow = 'Switch on “Wait for Long Answer”, or choose a faster model in the prompt.';

/** Runs a prompt: the answer is that of a chat completion, with the version that was used. */
export function performPrompt(operation: Operation, settings: Settings) {
  const fields = shownFields(operation);
  return (z: ZObject, bundle: Bundle): Answer =>
    asZapierErrors(
      z,
      async () => {
        const client = gatewayOf(z, bundle, settings);
        const { long_answer: _, ...given } = await filledIn(client, fields, bundle.inputData);
        const run = given as InputOf<'prompts.run'>;
        const tags = tagsOf(bundle, bundle.inputData);
        if (mayTakeLong(bundle))
          return { ...(await askInBackground(z, bundle, { settings, request: asChat(run, tags) })) };
        const answer = await client.call('prompts.run', { ...run, ...tags });
        return { ...chatAnswer(answer, { asJson: true, receipt: receiptOfRun(answer) }), prompt: answer.prompt };
      },
      { whenSlow },
    );
}

/** The same answer, when the gateway has called back. */
export function resumePrompt(settings: Settings) {
  return (z: ZObject, bundle: Bundle): Answer =>
    asZapierErrors(z, async () => {
      const state = await answeredMeanwhile(z, bundle, settings);
      const answer = chatAnswer(state.response, { asJson: true, receipt: receiptOfBackground(state) });
      return { ...answer, prompt: state.prompt ?? null };
    });
}

/** The run as a chat completion, which can be answered in the background. */
function asChat({ id, label, variables }: InputOf<'prompts.run'>, tags: Record<string, string>) {
  return { model: 'prompt', messages: [], prompt: { id, label, variables }, metadata: tags };
}
