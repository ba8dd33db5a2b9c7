import { z } from 'zod';
import type { Operation } from '../operation.ts';
import { runPrompt } from '../operations/prompt-use.ts';
import { answerShape, chatFields, chatSample } from './chat-form.ts';

/*
 * The run of a prompt as a step of an automation: the prompt, its label, its variables as fields, and what a chat completion asks
 * for beside the question, in the same words. The platform adds the tags it knows by itself, and the answer is that of a chat
 * completion.
 *
 * ```ts
 * import { fieldsOf } from '@ai-gateway/shared/fields';
 * import { promptStep } from '@ai-gateway/shared/steps/prompt-step';
 *
 * const variables = fieldsOf(promptStep).find(({ fields }) => fields !== undefined);
 * console.log(variables?.fields); // { operation: 'prompts.fields', by: 'id' }
 * ```
 */

/** Title and help of the chat completion's field. */
function wordsOf(key: string): { title: string; description: string } {
  const field = chatFields.find((candidate) => candidate.key === key);
  if (field === undefined)
    throw new Error(`The chat completion has no field "${key}"; see shared/src/steps/chat-form.ts`);
  return { title: field.label, description: field.help };
}

const { client_id, project, scenario_id, execution_id, ...shape } = runPrompt.input.shape;

/** Every field some platform has, in the order of the forms. */
const input = z.strictObject({
  id: shape.id,
  label: shape.label,
  variables: shape.variables,
  client_id: client_id.meta(wordsOf('client_id')),
  project: project.meta(wordsOf('project')),
  scenario_id: scenario_id.meta(wordsOf('scenario_id')),
  execution_id: execution_id.meta(wordsOf('execution_id')),
  timeout: z.number().min(1).default(300).meta(wordsOf('timeout')),
  long_answer: z.boolean().default(false).meta(wordsOf('long_answer')),
});

export const promptStep = {
  ...runPrompt,
  description: 'Runs a prompt of your gateway with your values, within your budgets.',
  input,
  output: answerShape.extend({ prompt: runPrompt.output.shape.prompt }),
  sample: {
    input: { id: runPrompt.sample.input.id, variables: runPrompt.sample.input.variables, client_id: 'acme' },
    output: { ...chatSample, prompt: runPrompt.sample.output.prompt },
  },
} satisfies Operation;
