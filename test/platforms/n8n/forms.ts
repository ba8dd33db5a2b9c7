import type { INodeType } from 'n8n-nodes-ai-gateway/src/n8n-workflow.ts';
import { executeNode, type N8nHost, type N8nItem } from '../../support/n8n-host.ts';

/** The value of a drop-down after a choice or an entry. */
export const locator = (value: string) => ({ __rl: true, mode: 'id', value });

/** A filled-in chat completion. */
export function chat(parameters: Record<string, unknown>): N8nItem {
  return asked('chat', 'complete', { model: locator('gpt-4o-mini'), prompt: 'Hi', ...parameters });
}

/** Any operation, filled in. */
export function asked(resource: string, operation: string, parameters: Record<string, unknown> = {}): N8nItem {
  return { parameters: { resource, operation, ...parameters } };
}

export interface Refusal {
  message: string;
  description: string;
  httpCode: string | null;
}

/** Runs the node for one item. */
export async function answerOf(node: INodeType, host: N8nHost, item: N8nItem): Promise<Record<string, unknown>> {
  const [answer] = await executeNode(node, host, [item]);
  return answer?.json ?? {};
}

/** Runs the node for one item it must not answer. */
export async function refusalOf(node: INodeType, host: N8nHost, item: N8nItem): Promise<Refusal> {
  try {
    await executeNode(node, host, [item]);
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('It was not refused.');
}
