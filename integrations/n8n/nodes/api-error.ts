import { type INode, NodeApiError } from 'n8n-workflow';
import { explainRefusal } from './explain-refusal.ts';

/** A refusal as n8n shows it: what happened as its headline, what to do below. */
export function apiError(node: INode, error: unknown, itemIndex?: number): NodeApiError {
  const { details, ...explanation } = explainRefusal(error);
  return new NodeApiError(node, details, { ...explanation, ...(itemIndex === undefined ? {} : { itemIndex }) });
}
