import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';

const operations: ReadonlyMap<string, Operation> = new Map(contract.map((operation) => [operation.id, operation]));

/** Undefined for an operation that this version of the contract does not have. */
export function findOperation(id: string): Operation | undefined {
  return operations.get(id);
}

/** Everything that people do in the dashboard. Model calls are for keys: no cookie spends money. */
export const dashboardOperations: readonly Operation[] = (contract as readonly Operation[]).filter(
  ({ kind, surfaces }) => kind !== 'model' && surfaces.includes('dashboard'),
);

/** It takes something away that cannot be brought back, so a person types a name before. */
export function isDangerous({ id, method }: Pick<Operation, 'id' | 'method'>): boolean {
  return method === 'DELETE' || dangerous.has(id);
}

const dangerous: ReadonlySet<string> = new Set(['invoices.void', 'stop.start', 'stop.create', 'stop.set']);

/** `by_usd` of `POST /v1/budgets/:id/raise`: reads nothing but the list, changes nothing. */
export function isChange({ method }: Pick<Operation, 'method'>): boolean {
  return method !== 'GET';
}
