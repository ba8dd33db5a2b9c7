import { z } from 'zod';
import { type Field, fieldsOf } from '../fields.ts';
import type { Operation } from '../operation.ts';
import { feedbackStep } from './feedback-step.ts';
import type { Platform } from './platform-exceptions.ts';
import { promptStep } from './prompt-step.ts';
import { fieldsOn } from './step-field.ts';

/*
 * An operation as the platforms have it. Most are the same everywhere; a step of this list has words of its own, and fields that
 * only one platform needs.
 *
 * ```ts
 * import { fieldsOf } from '@ai-gateway/shared/fields';
 * import { runPrompt } from '@ai-gateway/shared/operations/prompt-use';
 * import { asStep } from '@ai-gateway/shared/steps/as-step';
 *
 * fieldsOf(asStep(runPrompt, 'n8n')).map(({ key }) => key); // ['id', 'label', 'variables', …, 'timeout']
 * ```
 */

interface OperationStep {
  /** Comes before the keys of its fields in the table of exceptions. */
  readonly prefix: string;
  readonly operation: Operation<z.ZodObject>;
}

/** Every step whose form the platforms share beside the chat completion, by its operation. */
export const operationSteps: Readonly<Record<string, OperationStep>> = {
  [promptStep.id]: { prefix: 'prompt.', operation: promptStep },
  [feedbackStep.id]: { prefix: 'feedback.', operation: feedbackStep },
};

export function asStep(operation: Operation, platform: Platform): Operation {
  const step = operationSteps[operation.id];
  if (step === undefined) return operation;
  const fields = fieldsOn(platform, fieldsOf(step.operation), step.prefix);
  const { shape } = step.operation.input;
  return { ...step.operation, input: z.strictObject(Object.fromEntries(fields.map((field) => worded(shape, field)))) };
}

function worded(shape: z.ZodObject['shape'], { key, label, help }: Field): [key: string, type: z.ZodType] {
  const type = shape[key] as z.ZodType;
  return [key, type.meta({ title: label, description: help })];
}
