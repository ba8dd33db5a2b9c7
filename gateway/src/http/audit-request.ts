import type { OperationId } from '@ai-gateway/shared/contract';
import { type Operation, pathParams } from '@ai-gateway/shared/operation';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Audit, AuditEntry } from '../accounts/audit-entry.ts';
import { insertAuditRecord } from '../accounts/audit-store.ts';

/** The audit log of one request: its row is written once, whatever the handler does. */
export interface RequestAudit {
  audit: Audit;
  /** Of a change that went well and has no row: nothing was left to change, so there was no transaction to write it in. */
  finish(input: unknown): Promise<void>;
}

export function auditOf(request: {
  operation: Operation;
  caller: Caller;
  requestId: string;
  address: string | undefined;
  db: Pool;
  log: Logger;
}): RequestAudit {
  const { operation, caller, requestId, address, db, log } = request;
  let written = false;
  const audit: Audit = async (tx, { workspaceId = caller.workspaceId, ...entry }: AuditEntry) => {
    if (written) return;
    await insertAuditRecord(tx, {
      ...entry,
      workspaceId,
      livemode: caller.livemode,
      // The router serves operations of the contract alone.
      operation: operation.id as OperationId,
      actor: actorOf(caller),
      requestId,
      address,
    });
    written = true;
  };
  return {
    audit,
    finish: async (input) => {
      if (written || !changes(operation)) return;
      await audit(db, { target: targetIn(operation, input), after: {} }).catch((err: unknown) =>
        log.error({ err, operation: operation.id, requestId }, 'a request has no row in the audit log'),
      );
    },
  };
}

/**
 * Without a row: calls to models and feedback on them are on record themselves, and the others change nothing here that outlasts a session.
 */
const withoutRow: readonly string[] = [
  'background.create',
  'feedback.create',
  'test-calls.create',
  'me.passkeys.prepare',
  'plan.checkout',
  'prompts.render',
  'prompts.run',
  'plan.portal',
  'routing.explain',
  'rules.test',
  'session.update',
];

/** Does a request of this operation belong into the audit log? */
export function changes({ id, method, kind }: Pick<Operation, 'id' | 'method' | 'kind'>): boolean {
  return method !== 'GET' && kind !== 'model' && !withoutRow.includes(id);
}

function targetIn({ id, path }: Operation, input: unknown): AuditEntry['target'] {
  const [param] = pathParams(path);
  const value = param === undefined ? undefined : (input as Record<string, unknown>)[param];
  return { type: id.split('.')[0] ?? id, id: typeof value === 'string' ? value : '' };
}
