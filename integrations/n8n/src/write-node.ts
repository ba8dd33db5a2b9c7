import type { Operation } from '@ai-gateway/shared/operation';
import { nodeForm } from './node-form.ts';

/** The module the node reads the contract's operations from: generate.mjs writes it, a test compares it. */
export function writeNode(contract: readonly Operation[]): string {
  const { resources, properties, chatProperties, modelProperties, operations, lists } = nodeForm(contract);
  return `// Written from the contract by generate.mjs. Not to be edited: run \`pnpm generate\`.
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { ListPlan, OperationPlan } from './operation-plan.ts';

export const resources: INodePropertyOptions[] = ${json(resources)};

export const properties: INodeProperties[] = ${json(properties)};

export const chatProperties: INodeProperties[] = ${json(chatProperties)};

export const modelProperties: INodeProperties[] = ${json(modelProperties)};

export const operations: Readonly<Record<string, OperationPlan>> = ${json(operations)};

export const lists: Readonly<Record<string, ListPlan>> = ${json(lists)};
`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
