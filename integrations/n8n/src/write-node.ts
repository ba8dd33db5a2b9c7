import type { Operation } from '@ai-gateway/shared/operation';
import { nodeForm } from './node-form.ts';

/** The module the node reads the contract's operations from: generate.mjs writes it, a test compares it. */
export function writeNode(contract: readonly Operation[]): string {
  const form = nodeForm(contract);
  return `// Written from the contract by generate.mjs. Not to be edited: run \`npm run generate\`.
import type { EventType } from '@ai-gateway/shared/operations/events';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { FieldsPlan, ListPlan, OperationPlan } from './operation-plan.ts';

export const resources: INodePropertyOptions[] = ${json(form.resources)};

export const properties: INodeProperties[] = ${json(form.properties)};

export const chatProperties: INodeProperties[] = ${json(form.chatProperties)};

export const modelProperties: INodeProperties[] = ${json(form.modelProperties)};

export const triggerProperties: INodeProperties[] = ${json(form.triggerProperties)};

export const alertEvents: Readonly<Record<string, readonly EventType[]>> = ${json(form.alertEvents)};

export const operations: Readonly<Record<string, OperationPlan>> = ${json(form.operations)};

export const lists: Readonly<Record<string, ListPlan>> = ${json(form.lists)};

export const fieldLists: Readonly<Record<string, FieldsPlan>> = ${json(form.fieldLists)};
`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
