import type { InputOf } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { receiptOf } from '@ai-gateway/shared/steps/chat-step';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
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
        let headers: TransportAnswer['headers'] = {};
        const completion = await client.call('prompts.run', input as InputOf<'prompts.run'>, {
          onHeaders: (given) => {
            headers = given;
          },
        });
        return { ...chatAnswer(completion, { asJson: true, receipt: receiptOf(headers) }), prompt: completion.prompt };
      },
      { whenSlow },
    );
}
