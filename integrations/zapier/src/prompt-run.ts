import type { InputOf } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { receiptOfRun } from '@ai-gateway/shared/steps/chat-step';
import type { Bundle, ZObject } from 'zapier-platform-core';
import { chatAnswer } from './chat-answer.ts';
import { gatewayOf, type Settings } from './gateway.ts';
import { filledIn, shownFields } from './perform.ts';
import { tagsOf } from './tags.ts';
import { asZapierErrors } from './zapier-errors.ts';

const whenSlow = 'Choose a faster model in the prompt.';

/** Runs a prompt: the answer is that of a chat completion, with the version that was used. */
export function performPrompt(operation: Operation, settings: Settings) {
  const fields = shownFields(operation);
  return (z: ZObject, bundle: Bundle): Promise<Record<string, unknown>> =>
    asZapierErrors(
      z,
      async () => {
        const client = gatewayOf(z, bundle, settings);
        const input = { ...(await filledIn(client, fields, bundle.inputData)), ...tagsOf(bundle, bundle.inputData) };
        const run = await client.call('prompts.run', input as InputOf<'prompts.run'>);
        return { ...chatAnswer(run, { asJson: true, receipt: receiptOfRun(run) }), prompt: run.prompt };
      },
      { whenSlow },
    );
}
