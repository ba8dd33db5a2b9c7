import { z } from 'zod';
import type { Operation } from '../operation.ts';
import { createFeedback } from '../operations/feedback.ts';

/*
 * Feedback as a step of an automation: the answer that is scored was mostly asked for by an earlier step of the same run.
 *
 * ```ts
 * import { fieldsOf } from '@ai-gateway/shared/fields';
 * import { feedbackStep } from '@ai-gateway/shared/steps/feedback-step';
 *
 * fieldsOf(feedbackStep).map(({ label }) => label); // ['Request', 'Scenario', 'Run', 'Score', 'Opinion', 'Comment']
 * ```
 */

const { request_id, scenario_id, execution_id, score, name, comment } = createFeedback.input.shape;

export const feedbackStep = {
  ...createFeedback,
  input: z.strictObject({
    request_id: request_id.meta({
      title: 'Request',
      description: 'Map Request ID of the step that asked the model. Left empty, the last call of this run is scored.',
    }),
    scenario_id: scenario_id.meta({
      title: 'Scenario',
      description: 'With a run: the scenario whose last call is scored. Default: this {automation}.',
    }),
    execution_id: execution_id.meta({
      title: 'Run',
      description: 'In place of a request: the run whose last call is scored. Default: this run.',
    }),
    score,
    name: name.meta({
      title: 'Opinion',
      description:
        'Tells several opinions of one answer apart, such as user and editor. The last score of each counts.',
    }),
    comment,
  }),
} satisfies Operation;
