import { GatewayError } from '@ai-gateway/shared/errors';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { gatewayOf } from '../gateway.ts';
import { textOf } from '../plain-value.ts';
import { tagHeaders } from '../tags.ts';
import { operations } from './generated-form.ts';
import { runChat } from './run-chat.ts';
import { runOperation } from './run-operation.ts';
import { runPrompt } from './run-prompt.ts';

/** Does for one item what the form says. Most operations give one item, lists give one for each row. */
export async function runItem(context: IExecuteFunctions, item: number): Promise<IDataObject[]> {
  const resource = textOf(context.getNodeParameter('resource', item));
  const operation = textOf(context.getNodeParameter('operation', item));
  if (resource === 'chat' && operation === 'complete') return [await runChat(context, item)];
  const plan = operations[`${resource}.${operation}`];
  if (plan === undefined)
    throw new GatewayError(
      'invalid_request',
      `This version of the node has no operation "${operation}" of "${resource}".`,
    );
  if (plan.id === 'prompts.run') return [await runPrompt(context, item, plan)];
  const client = await gatewayOf(context, { headers: tagHeaders(context) });
  return runOperation(client, plan, (name, fallback) => context.getNodeParameter(name, item, fallback));
}
