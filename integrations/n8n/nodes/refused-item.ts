import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { apiError } from './api-error.ts';
import { explainRefusal } from './explain-refusal.ts';

/**
 * The item that goes on in place of an answer, by the setting "On Error" of the node.
 *
 * Continue: what happened, what to do, and the code that a later node can branch on.
 *
 * Continue (using error output): n8n sends an item that way if it has an `error`, in every version (1.x and 2.41 look at its JSON
 * too, each in another way), and makes its JSON `{error: message}` and the fields of the item that came in
 * (n8n-core, workflow-execute.ts: `handleNodeErrorOutput`, `normalizeNodeErrors`).
 */
export function refusedItem(node: INode, error: unknown, item: number): Pick<INodeExecutionData, 'json' | 'error'> {
  const { message, description, details } = explainRefusal(error);
  const json: IDataObject = {
    error: message,
    hint: description,
    code: details.code ?? null,
    details: details.details ?? null,
  };
  return node.onError === 'continueErrorOutput' ? { json, error: apiError(node, error, item) } : { json };
}
