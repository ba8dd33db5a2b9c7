import type { ClosedCall, OpenCall } from './call-record.ts';

export interface CallRow {
  open: OpenCall;
  closed: ClosedCall | undefined;
}

/** A column of `calls`: its name, its key in the JSON of a batch, its type in Postgres, and its value of a call. */
export interface CallColumn {
  name: string;
  key: string;
  type: 'text' | 'bigint' | 'bigint[]' | 'boolean' | 'bytea' | 'integer' | 'smallint' | 'timestamptz';
  /** Bytes are read in hex. */
  read: (row: CallRow) => string | number | boolean | bigint | readonly string[] | undefined;
  /** Text that a caller or a provider wrote: of any length, with any character. Other text needs no quoting. */
  isForeign?: true;
  /** A later write of the same call overwrites it. The other columns are known when a call opens, and never change. */
  isOverwritten?: true;
}

/**
 * A call's row, said once: the COPY line, the JSON of a batch, its recordset and the update list are made of this table at start.
 * The keys are part of `unwritten_calls`, whose rows outlive a version: a key is never reused for another value.
 */
export const callColumns: readonly CallColumn[] = [
  { name: 'workspace_id', key: 'w', type: 'text', read: ({ open }) => open.workspaceId },
  { name: 'created_at', key: 't', type: 'timestamptz', read: ({ open }) => timeText(open.createdAtMs) },
  { name: 'id', key: 'id', type: 'text', read: ({ open }) => open.id },
  { name: 'livemode', key: 'live', type: 'boolean', read: ({ open }) => open.livemode },
  { name: 'status', key: 'st', type: 'text', read: ({ closed }) => closed?.status ?? 'open', isOverwritten: true },
  { name: 'key_id', key: 'k', type: 'text', read: ({ open }) => open.keyId },
  { name: 'client_id', key: 'c', type: 'text', read: ({ open }) => open.tags.client, isForeign: true },
  { name: 'project', key: 'p', type: 'text', read: ({ open }) => open.tags.project, isForeign: true },
  { name: 'scenario_id', key: 's', type: 'text', read: ({ open }) => open.tags.scenario, isForeign: true },
  { name: 'scenario_platform', key: 'pf', type: 'text', read: ({ open }) => open.tags.platform, isForeign: true },
  { name: 'execution_id', key: 'e', type: 'text', read: ({ open }) => open.tags.execution, isForeign: true },
  { name: 'organization_id', key: 'o', type: 'text', read: ({ open }) => open.tags.organization, isForeign: true },
  { name: 'node', key: 'n', type: 'text', read: ({ open }) => open.tags.node, isForeign: true },
  { name: 'dialect', key: 'd', type: 'text', read: ({ open }) => open.dialect },
  { name: 'streamed', key: 'str', type: 'boolean', read: ({ open }) => open.streamed },
  { name: 'model_requested', key: 'mr', type: 'text', read: ({ open }) => open.modelRequested, isForeign: true },
  { name: 'model', key: 'm', type: 'text', read: ({ closed }) => closed?.model, isForeign: true, isOverwritten: true },
  {
    name: 'provider',
    key: 'pr',
    type: 'text',
    read: ({ closed }) => closed?.provider,
    isForeign: true,
    isOverwritten: true,
  },
  { name: 'route', key: 'rt', type: 'text', read: ({ closed }) => closed?.route, isForeign: true, isOverwritten: true },
  { name: 'attempts', key: 'a', type: 'smallint', read: ({ closed }) => closed?.attempts ?? 0, isOverwritten: true },
  {
    name: 'input_tokens',
    key: 'ti',
    type: 'bigint',
    read: ({ open, closed }) => closed?.usage.inputTokens ?? open.inputTokens,
    isOverwritten: true,
  },
  {
    name: 'cached_tokens',
    key: 'tc',
    type: 'bigint',
    read: ({ closed }) => closed?.usage.cachedTokens ?? 0,
    isOverwritten: true,
  },
  {
    name: 'cache_write_tokens',
    key: 'tw',
    type: 'bigint',
    read: ({ closed }) => closed?.usage.cacheWriteTokens ?? 0,
    isOverwritten: true,
  },
  {
    name: 'output_tokens',
    key: 'tout',
    type: 'bigint',
    read: ({ closed }) => closed?.usage.outputTokens ?? 0,
    isOverwritten: true,
  },
  {
    name: 'reasoning_tokens',
    key: 'tr',
    type: 'bigint',
    read: ({ closed }) => closed?.usage.reasoningTokens ?? 0,
    isOverwritten: true,
  },
  {
    name: 'cost_nanos',
    key: 'cost',
    type: 'bigint',
    read: ({ closed }) => closed?.costNanos ?? 0n,
    isOverwritten: true,
  },
  { name: 'hold_nanos', key: 'hold', type: 'bigint', read: ({ open }) => open.holdNanos, isOverwritten: true },
  {
    name: 'estimated',
    key: 'est',
    type: 'boolean',
    read: ({ closed }) => closed?.estimated ?? false,
    isOverwritten: true,
  },
  {
    name: 'error_code',
    key: 'err',
    type: 'text',
    read: ({ closed }) => closed?.errorCode,
    isForeign: true,
    isOverwritten: true,
  },
  { name: 'ttft_ms', key: 'ttft', type: 'integer', read: ({ closed }) => closed?.ttftMs, isOverwritten: true },
  { name: 'total_ms', key: 'total', type: 'integer', read: ({ closed }) => closed?.totalMs, isOverwritten: true },
  { name: 'meters', key: 'mt', type: 'bigint[]', read: ({ open }) => open.balanceIds },
  { name: 'metered', key: 'op', type: 'boolean', read: ({ closed }) => closed?.metered ?? false, isOverwritten: true },
  { name: 'routing_version', key: 'rv', type: 'integer', read: ({ open }) => open.decision?.routingVersion },
  { name: 'rule_id', key: 'rl', type: 'text', read: ({ open }) => open.decision?.ruleId, isForeign: true },
  { name: 'chosen_by', key: 'by', type: 'text', read: ({ open }) => open.decision?.chosenBy },
  { name: 'experiment_id', key: 'ex', type: 'text', read: ({ open }) => open.decision?.experimentId, isForeign: true },
  { name: 'arm', key: 'arm', type: 'text', read: ({ open }) => open.decision?.arm, isForeign: true },
  { name: 'unit', key: 'u', type: 'bytea', read: ({ open }) => open.decision?.unit },
  { name: 'task', key: 'tk', type: 'bytea', read: ({ open }) => open.decision?.task },
  { name: 'prompt_id', key: 'pi', type: 'text', read: ({ open }) => open.decision?.promptId, isForeign: true },
  { name: 'prompt_version', key: 'pv', type: 'integer', read: ({ open }) => open.decision?.promptVersion },
  { name: 'cache', key: 'ca', type: 'text', read: ({ closed }) => closed?.cache, isOverwritten: true },
  {
    name: 'saved_nanos',
    key: 'sv',
    type: 'bigint',
    read: ({ closed }) => closed?.savings?.totalNanos,
    isOverwritten: true,
  },
  {
    name: 'saved_route_nanos',
    key: 'svr',
    type: 'bigint',
    read: ({ closed }) => closed?.savings?.routeNanos,
    isOverwritten: true,
  },
  {
    name: 'saved_marks_nanos',
    key: 'svm',
    type: 'bigint',
    read: ({ closed }) => closed?.savings?.marksNanos,
    isOverwritten: true,
  },
  { name: 'json_ok', key: 'jo', type: 'boolean', read: ({ closed }) => closed?.jsonOk, isOverwritten: true },
  { name: 'tool_ok', key: 'tok', type: 'boolean', read: ({ closed }) => closed?.toolOk, isOverwritten: true },
  { name: 'prompt_hash', key: 'ph', type: 'bytea', read: ({ open }) => open.decision?.promptHash },
  { name: 'shadow_of', key: 'so', type: 'text', read: ({ open }) => open.decision?.shadowOf },
  { name: 'unpriced', key: 'np', type: 'boolean', read: ({ closed }) => closed?.unpriced, isOverwritten: true },
];

/** Before hex, which is what a column of bytes reads: the `\x` of Postgres, whose backslash is written as two in COPY's text and in JSON. */
const hexHead = '\\\\x';

/** `a, b`: the names of the columns. */
export function namesOf(columns: readonly CallColumn[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/** `r.a, r.b`: the members of the recordset `r`, in the order of the columns. */
export function membersOf(columns: readonly CallColumn[]): string {
  return columns.map(({ key }) => `r.${key}`).join(', ');
}

/** `a text, b bigint`: the definition of the recordset. */
export function recordsetOf(columns: readonly CallColumn[]): string {
  return columns.map(({ key, type }) => `${key} ${type}`).join(', ');
}

/** `a = excluded.a`: the columns that a later write of a call overwrites. */
export function updatesOf(columns: readonly CallColumn[]): string {
  return columns.flatMap(({ name, isOverwritten }) => (isOverwritten ? [`${name} = excluded.${name}`] : [])).join(', ');
}

/** Returns the cells of a call in COPY's text format, each after a tab. */
export function copyWriter(columns: readonly CallColumn[]): (row: CallRow) => string {
  const cells = columns.map(({ type, read, isForeign = false }) => ({
    ...{ read, isForeign },
    head: type === 'bytea' ? `\t${hexHead}` : '\t',
  }));
  return (row) => {
    let line = '';
    for (const { read, isForeign, head } of cells) {
      const value = read(row);
      if (value === undefined) line += '\t\\N';
      else if (typeof value === 'string') line += head + (isForeign ? copyText(value) : value);
      else line += typeof value === 'object' ? `\t{${value.join(',')}}` : `\t${value}`;
    }
    return line;
  };
}

/** Returns a call as a JSON object. A member without a value is left out and arrives as null; JSON has no bigint. */
export function jsonWriter(columns: readonly CallColumn[]): (row: CallRow) => string {
  const members = columns.map(({ key, type, read, isForeign = false }) => ({
    ...{ read, isForeign, head: `,"${key}":` },
    quote: type === 'bytea' ? `"${hexHead}` : '"',
  }));
  return (row) => {
    let json = '';
    for (const { read, isForeign, head, quote } of members) {
      const value = read(row);
      if (value === undefined) continue;
      if (typeof value === 'string') json += head + (isForeign ? jsonText(value) : `${quote}${value}"`);
      else if (typeof value === 'bigint') json += `${head}"${value}"`;
      else if (typeof value === 'object') json += head + JSON.stringify(value);
      // JSON has no NaN and no infinity.
      else json += head + (typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value));
    }
    return `{${json.slice(1)}}`;
  };
}

// One look at each text from outside: nearly all of them need neither escapes nor repairs.
const neverInCopy = /[\\\t\n\r\0\ud800-\udfff]/;
const neverInJson = /["\\\u0000-\u001f\ud800-\udfff]/;
const textMax = 500;

function copyText(text: string): string {
  if (text.length <= textMax && !neverInCopy.test(text)) return text;
  return storable(text).replace(/[\\\t\n\r]/g, (char) => escapes[char] ?? char);
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function jsonText(text: string): string {
  return text.length <= textMax && !neverInJson.test(text) ? `"${text}"` : JSON.stringify(storable(text));
}

/** Text as Postgres takes it: without NUL, without halves of characters, of a bearable length. */
function storable(text: string): string {
  return text.slice(0, textMax).replaceAll('\0', '').toWellFormed();
}

let latestSecond = Number.NaN;
let latestPrefix = '';

/** ISO 8601 in UTC. Calls of one second share its text: `toISOString` is a tenth of what a row costs. */
function timeText(ms: number): string {
  const whole = Math.trunc(ms);
  const second = Math.floor(whole / 1000);
  if (second !== latestSecond) {
    latestPrefix = new Date(second * 1000).toISOString().slice(0, -4);
    latestSecond = second;
  }
  return `${latestPrefix}${String(1000 + whole - second * 1000).slice(1)}Z`;
}
