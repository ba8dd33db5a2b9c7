import type { Handlers, InputOf } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { boundTo, ownClient, ownKey, ownProject, ownScenario } from '../accounts/own-tags.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { type CsvForm, csvHead, csvRows, excelCsv, plainCsv } from './csv.ts';
import { badCursor, type Cursor, pageOf, readCursor, readParts, writeCursor, writeParts } from './cursor.ts';
import { type CallQuery, callPages, type ListedCall, type ListPorts } from './list-calls.ts';
import type { Grouping, SumFilter } from './summed-range-store.ts';
import type { TextAnswer } from './text-answer.ts';
import { daysOf, rangeDays, rangeName, type UsageDay, type UsageRange } from './usage-range.ts';
import { sumAll, sumByGroup } from './usage-sum-store.ts';
import { callCells, callColumns, describeGroup, describeSum, groupCells, groupColumns } from './usage-tables.ts';
import { rangeIn } from './workspace-range.ts';

interface UsagePorts extends ListPorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}

export const usageHandlers: Pick<Handlers<Context<UsagePorts>>, 'usage.requests' | 'usage.clients'> = {
  'usage.requests': async (input, { caller, services }) => {
    const pages = await callPages({ services, caller }, await rangeIn({ services, caller }, input), input);
    const after = input.cursor === undefined ? undefined : readCursor(input.cursor);
    return pageOf(await pages({ after, limit: input.limit + 1 }), input.limit, {
      view: (call) => call,
      cursor: (last) => writeCursor(cursorOf(last)),
    });
  },

  'usage.clients': async (input, { caller, services }) => {
    const range = await rangeIn({ services, caller }, input);
    const filter = sumFilter(caller, range, input);
    const [rows, totals] = await Promise.all([
      sumByGroup(services.db, {
        filter,
        grouping: input.group_by,
        timezone: range.timezone,
        days: daysFor(input.group_by, range, services.now()),
        after: input.cursor === undefined ? undefined : readGroup(input.cursor),
        limit: input.limit + 1,
      }),
      sumAll(services.db, filter),
    ]);
    const page = pageOf(rows, input.limit, {
      view: (row) => describeGroup(caller, row, input.group_by),
      cursor: ({ group }) => writeParts([group]),
    });
    return { ...page, totals: describeSum(caller, totals) };
  },
};

/** Few enough to be garbage before the nursery is full: larger pages make the heap grow, and are hardly faster. */
const rowsAtOnce = 100;

/** The same as CSV: the whole range, a page at a time, so that ten million calls take no more memory than a page. */
export const usageTexts = {
  'usage.requests': async (input: CallQuery, { caller, services }: Context<UsagePorts>): Promise<TextAnswer> => {
    const range = await rangeIn({ services, caller }, input);
    const form = await csvForm({ services, caller }, input.for);
    return {
      filename: `calls-${rangeName(range)}.csv`,
      async *text() {
        const pages = await callPages({ services, caller }, range, input);
        yield csvHead(form) + csvRows([callColumns], form);
        for (let after: Cursor | undefined; ; ) {
          const rows = await pages({ after, limit: rowsAtOnce });
          const last = rows.at(-1);
          if (last === undefined) return;
          yield csvRows(rows.map(callCells), form);
          if (rows.length < rowsAtOnce) return;
          after = cursorOf(last);
        }
      },
    };
  },

  'usage.clients': async (
    input: InputOf<'usage.clients'>,
    { caller, services }: Context<UsagePorts>,
  ): Promise<TextAnswer> => {
    const range = await rangeIn({ services, caller }, input);
    const form = await csvForm({ services, caller }, input.for);
    const grouping = input.group_by ?? 'client';
    return {
      filename: `usage-${rangeName(range)}.csv`,
      async *text() {
        const filter = sumFilter(caller, range, input);
        const days = daysFor(grouping, range, services.now());
        const period = rangeDays(range);
        yield csvHead(form) + csvRows([groupColumns(grouping)], form);
        for (let after: { group: string | null } | undefined; ; ) {
          const { timezone } = range;
          const rows = await sumByGroup(services.db, { filter, grouping, timezone, days, after, limit: rowsAtOnce });
          const last = rows.at(-1);
          if (last === undefined) return;
          yield csvRows(
            rows.map((row) => groupCells(caller, row, { grouping, period })),
            form,
          );
          if (rows.length < rowsAtOnce) return;
          after = { group: last.group };
        }
      },
    };
  },
};

/** A plain file for programs, or one that a spreadsheet program of the workspace's language opens as a table. */
async function csvForm(
  { services, caller }: Pick<Context<UsagePorts>, 'services' | 'caller'>,
  use: 'excel' | undefined,
): Promise<CsvForm> {
  if (use === undefined) return plainCsv;
  return excelCsv((await services.settings.of(caller.workspaceId, caller.livemode)).locale);
}

function daysFor(grouping: Grouping, range: UsageRange, nowMs: number): UsageDay[] {
  return grouping === 'day' ? daysOf(range, nowMs) : [];
}

function sumFilter(caller: Caller, { from, to }: UsageRange, input: InputOf<'usage.clients'>): SumFilter {
  return {
    workspaceId: caller.workspaceId,
    livemode: caller.livemode,
    from,
    to,
    ...clientsOf(caller, input.client_id),
    project: ownProject(caller),
    scenarioId: ownScenario(caller),
    // Sums know no platform: to a key locked to that alone they would be everybody's.
    keyId: boundTo(caller).key_id ?? ownKey(caller),
  };
}

/** One client or several; to a key that is locked to a client all of them are its own. */
function clientsOf(caller: Caller, asked: string | string[] | undefined): Pick<SumFilter, 'clientId' | 'clientIds'> {
  if (!Array.isArray(asked)) return { clientId: ownClient(caller, asked) };
  return { clientId: ownClient(caller), clientIds: asked.map((id) => ownClient(caller, id) ?? id) };
}

function cursorOf({ created_at: createdAt, id }: ListedCall): Cursor {
  return { createdAt, id };
}

function readGroup(cursor: string): { group: string | null } {
  const [group, ...more] = readParts(cursor);
  if ((group !== null && typeof group !== 'string') || more.length > 0) throw badCursor();
  return { group };
}
