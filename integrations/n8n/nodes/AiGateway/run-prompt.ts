import type { InputOf } from '@ai-gateway/shared/contract';
import { receiptOfRun, stepAnswer } from '@ai-gateway/shared/steps/chat-step';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { gatewayOf, timeoutOf } from '../gateway.ts';
import { textOf } from '../plain-value.ts';
import { tagHeaders } from '../tags.ts';
import { operationInput } from './operation-input.ts';
import type { OperationPlan } from './operation-plan.ts';

/** Runs a prompt for one item: the answer is that of a chat completion, with the version that was used. */
export async function runPrompt(context: IExecuteFunctions, item: number, plan: OperationPlan): Promise<IDataObject> {
  const { client_id, project, scenario_id, timeout, ...input } = operationInput(plan, (name, fallback) =>
    context.getNodeParameter(name, item, fallback),
  );
  const client = await gatewayOf(context, {
    headers: tagHeaders(context, {
      client: textOf(client_id),
      project: textOf(project),
      scenario: textOf(scenario_id),
    }),
    ...timeoutOf(timeout),
  });
  const run = await client.call('prompts.run', input as InputOf<'prompts.run'>);
  return { ...stepAnswer(run, true), ...receiptOfRun(run), prompt: run.prompt } as IDataObject;
}
