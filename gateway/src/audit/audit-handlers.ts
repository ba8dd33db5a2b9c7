import type { Handlers, OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { csvHead, csvRows, excelCsv, plainCsv } from '../usage/csv.ts';
import { pageOf, readCursor, writeCursor } from '../usage/cursor.ts';
import type { TextAnswer } from '../usage/text-answer.ts';
import { rangeIn } from '../usage/workspace-range.ts';
import { type AuditFilter, type AuditRow, selectAudit } from './audit-list-store.ts';

interface AuditPorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}
type Entry = OutputOf<'audit.list'>['data'][number];

export const auditHandlers: Pick<Handlers<Context<AuditPorts>>, 'audit.list'> = {
  'audit.list': async (input, context) => {
    const filter = await filterOf(context, input);
    const after = input.cursor === undefined ? undefined : readCursor(input.cursor);
    const rows = await selectAudit(context.services.db, { ...filter, after, limit: input.limit + 1 });
    return pageOf(rows, input.limit, { view: entryOf, cursor: (row) => writeCursor(cursorOf(row)) });
  },
};

const rowsAtOnce = 1_000;
const columns = [
  'id',
  'created_at',
  'operation',
  'actor_type',
  'actor_id',
  'actor_name',
  'target_type',
  'target_id',
  'target_name',
  'before',
  'after',
  'request_id',
  'address',
] as const;

export const auditTexts = {
  'audit.list': async (input: ParsedOf<'audit.list'>, context: Context<AuditPorts>): Promise<TextAnswer> => {
    const { services, caller } = context;
    const filter = await filterOf(context, input);
    const { locale } = await services.settings.of(caller.workspaceId, caller.livemode);
    const form = input.for === undefined ? plainCsv : excelCsv(locale);
    return {
      filename: 'audit-log.csv',
      async *text() {
        yield csvHead(form) + csvRows([columns], form);
        for (let after: AuditFilter['after']; ; ) {
          const rows = await selectAudit(services.db, { ...filter, after, limit: rowsAtOnce });
          const last = rows.at(-1);
          if (last === undefined) return;
          yield csvRows(rows.map(cellsOf), form);
          if (rows.length < rowsAtOnce) return;
          after = cursorOf(last);
        }
      },
    };
  },
};

function cellsOf(row: AuditRow): (string | null)[] {
  return columns.map((name) => {
    const value = row[name];
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  });
}

function cursorOf({ created_at, id }: AuditRow): { createdAt: string; id: string } {
  return { createdAt: created_at.toISOString(), id };
}

async function filterOf(
  context: Context<AuditPorts>,
  { from, to, operation, actor_id, target_id }: ParsedOf<'audit.list'>,
): Promise<Omit<AuditFilter, 'limit'>> {
  const { caller } = context;
  const range =
    from === undefined && to === undefined ? {} : await rangeIn(context, { from: from ?? '1970-01-01', to });
  return {
    workspaceId: caller.workspaceId,
    livemode: caller.livemode,
    operation,
    actorId: actor_id,
    targetId: target_id,
    ...range,
  };
}

function entryOf(row: AuditRow): Entry {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    operation: row.operation,
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    target: { type: row.target_type, id: row.target_id, name: row.target_name },
    before: row.before,
    after: row.after,
    request_id: row.request_id,
    address: row.address,
  };
}
