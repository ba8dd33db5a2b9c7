import { type INode, NodeApiError } from 'n8n-workflow';
import { explainRefusal } from './explain-refusal.ts';

/** A refusal as n8n shows it: what happened as its headline, what to do below. */
export function apiError(node: INode, error: unknown, itemIndex?: number): NodeApiError {
  const { details, ...explanation } = explainRefusal(error);
  // Without an HTTP status n8n takes a `code` for one, and puts a message of its own in place of ours.
  const shown = explanation.httpCode === undefined ? { ...details, code: null } : details;
  return new NodeApiError(node, shown, { ...explanation, ...(itemIndex === undefined ? {} : { itemIndex }) });
}
