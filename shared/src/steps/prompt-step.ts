import type { Operation } from '../operation.ts';
import { runPrompt } from '../operations/prompt-use.ts';
import { answerShape, chatSample } from './chat-form.ts';

/*
 * The run of a prompt as a step of an automation: the prompt, its label, its variables as fields, and the tags that a person sets.
 * The platform adds the tags it knows by itself, and the answer is that of a chat completion.
 *
 * ```ts
 * import { fieldsOf } from '@ai-gateway/shared/fields';
 * import { runPrompt } from '@ai-gateway/shared/operations/prompt-use';
 * import { asStep } from '@ai-gateway/shared/steps/prompt-step';
 *
 * const variables = fieldsOf(asStep(runPrompt)).find(({ fields }) => fields !== undefined);
 * console.log(variables?.fields); // { operation: 'prompts.fields', by: 'id' }
 * ```
 */

const promptStep: Operation = {
  ...runPrompt,
  description: 'Runs a prompt of your gateway with your values, within your budgets.',
  input: runPrompt.input.pick({
    id: true,
    label: true,
    variables: true,
    client_id: true,
    project: true,
    scenario_id: true,
  }),
  output: answerShape.extend({ prompt: runPrompt.output.shape.prompt }),
  sample: { ...runPrompt.sample, output: { ...chatSample, prompt: runPrompt.sample.output.prompt } },
};

/** An operation as the platforms have it. */
export function asStep(operation: Operation): Operation {
  return operation.id === promptStep.id ? promptStep : operation;
}
