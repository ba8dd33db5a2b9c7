import type { Handlers } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { boundTo, seesMargin } from '../accounts/own-tags.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { type LatencyGroup, type Percentiles, type Stretch, selectLatency } from './latency-store.ts';
import { ownFilter, type TagInput } from './own-filter.ts';
import type { SumFilter } from './summed-range-store.ts';
import { daysOf, rangeBefore, type UsageRange } from './usage-range.ts';
import {
  type SeriesInterval,
  type SeriesMetric,
  type SeriesPoint,
  selectSeries,
  sumCosts,
} from './usage-series-store.ts';
import { rangeIn } from './workspace-range.ts';

interface ChartPorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}

export const chartHandlers: Pick<Handlers<Context<ChartPorts>>, 'usage.series' | 'usage.movers' | 'usage.latency'> = {
  'usage.series': async (input, context) => {
    const range = await rangeIn(context, input);
    const points = await seriesOf(context, range, input);
    if (input.compare !== true) return { data: points.map((point) => describePoint(point, input.metric)) };
    const before = rangeBefore(range);
    const earlier = await seriesOf(context, before, input);
    const places = {
      now: intervalsOf(range, input.interval, context),
      before: intervalsOf(before, input.interval, context),
    };
    const valueBefore = new Map(
      earlier.map((point) => [placeOf(point, places.before.get(point.at)), point.value] as const),
    );
    return {
      data: points.map((point) => ({
        ...describePoint(point, input.metric),
        before: valueFor(input.metric, valueBefore.get(placeOf(point, places.now.get(point.at))) ?? 0n),
      })),
    };
  },

  'usage.movers': async (input, context) => {
    const { services, caller } = context;
    const range = await rangeIn(context, input);
    const grouping = input.group_by;
    const [now, before] = await Promise.all(
      [range, rangeBefore(range)].map((stretch) =>
        sumCosts(services.db, { filter: chartFilter(caller, stretch, input), grouping }),
      ),
    );
    const costOf = (sums: typeof now, group: string | null): bigint => {
      const sum = sums?.get(group);
      if (sum === undefined) return 0n;
      return seesMargin(caller) ? sum.cost : sum.billable;
    };
    const moved = [...new Set([...(now?.keys() ?? []), ...(before?.keys() ?? [])])]
      .map((group) => ({ group, cost: costOf(now, group), before: costOf(before, group) }))
      .filter(({ cost, before }) => cost !== before)
      .sort((a, b) => compare(size(b), size(a)) || (a.group ?? '').localeCompare(b.group ?? ''));
    return {
      data: moved.slice(0, input.limit).map(({ group, cost, before }) => ({
        group,
        cost_usd: toUsd(cost),
        before_usd: toUsd(before),
        change_usd: toUsd(cost - before),
      })),
    };
  },

  'usage.latency': async (input, context) => {
    const { services, caller } = context;
    const range = await rangeIn(context, input);
    const { workspaceId, livemode, clientId, project, scenarioId, scenarioPlatform, keyId } = chartFilter(
      caller,
      range,
      input,
    );
    const groups = await selectLatency(services.db, {
      filter: {
        workspaceId,
        livemode,
        clientId,
        project,
        scenarioId,
        scenarioPlatform,
        keyId,
        model: input.model,
        provider: input.provider,
      },
      grouping: input.group_by,
      timezone: range.timezone,
      stretches: input.group_by === 'day' ? stretchesOf(range, services.now()) : [{ name: null, ...range }],
    });
    return { data: groups.map((group) => describeLatency(group, input.group_by)) };
  },
};

function stretchesOf(range: UsageRange, nowMs: number): Stretch[] {
  return daysOf(range, nowMs).map(({ day, from, to }) => ({ name: day, from, to }));
}

async function seriesOf(
  { services, caller }: Pick<Context<ChartPorts>, 'services' | 'caller'>,
  range: UsageRange,
  input: Parameters<(typeof chartHandlers)['usage.series']>[0],
): Promise<SeriesPoint[]> {
  const { metric, interval, group_by: grouping, top } = input;
  return selectSeries(services.db, {
    filter: chartFilter(caller, range, input),
    // To a client, cost is what it is billed.
    metric: metric === 'cost_usd' && !seesMargin(caller) ? 'billable_usd' : metric,
    interval,
    grouping,
    timezone: range.timezone,
    days: interval === 'hour' ? [] : daysOf(range, services.now()),
    top,
  });
}

function describePoint({ at, group, isOther, value }: SeriesPoint, metric: SeriesMetric) {
  // Programs of earlier versions know the rest by its group. A client may have that name, so `rest` tells them apart.
  return { at, ...(isOther ? { group: 'other', rest: true as const } : { group }), value: valueFor(metric, value) };
}

function valueFor(metric: SeriesMetric, value: bigint): number {
  return metric === 'cost_usd' || metric === 'billable_usd' ? toUsd(value) : Number(value);
}

const hourMs = 3_600_000;

/** The place of each interval in its range: what is compared lies in the same place of the range before. */
function intervalsOf(
  range: UsageRange,
  interval: SeriesInterval,
  { services }: Pick<Context<ChartPorts>, 'services'>,
): Map<string, number> {
  const names =
    interval === 'hour' ? hoursOf(range) : daysOf(range, services.now()).map(({ day }) => firstDayOf(day, interval));
  return new Map([...new Set(names)].map((name, place) => [name, place] as const));
}

function hoursOf({ from, to }: UsageRange): string[] {
  const first = Math.floor(from.getTime() / hourMs);
  return Array.from({ length: Math.ceil(to.getTime() / hourMs) - first }, (_, hour) =>
    new Date((first + hour) * hourMs).toISOString(),
  );
}

function firstDayOf(day: string, interval: SeriesInterval): string {
  if (interval === 'month') return `${day.slice(0, 7)}-01`;
  if (interval !== 'week') return day;
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function placeOf({ group, isOther }: SeriesPoint, place: number | undefined): string {
  return JSON.stringify([place, group, isOther]);
}

function size({ cost, before }: { cost: bigint; before: bigint }): bigint {
  return cost > before ? cost - before : before - cost;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const noGroup = { model: null, provider: null, client_id: null, hour: null, day: null };
const groupField = { model: 'model', provider: 'provider', client: 'client_id', hour: 'hour', day: 'day' } as const;
/** With fewer calls a percentile says nothing. */
const enough = 20;

function describeLatency({ group, total, firstByte }: LatencyGroup, grouping: keyof typeof groupField) {
  return {
    ...noGroup,
    [groupField[grouping]]: group,
    n: total?.calls ?? 0,
    total_ms: describePercentiles(total),
    first_byte_ms: describePercentiles(firstByte),
  };
}

function describePercentiles(percentiles: Percentiles | undefined) {
  if (percentiles === undefined || percentiles.calls < enough) return null;
  const { p50, p95, p99 } = percentiles;
  return { p50, p95, p99 };
}

/** Sums are shown by key to a key that is locked to a platform alone, as budgets are. */
function chartFilter(caller: Caller, { from, to }: UsageRange, input: TagInput): SumFilter {
  const own = ownFilter(caller, input);
  return { ...own, from, to, keyId: boundTo(caller).key_id ?? own.keyId };
}
