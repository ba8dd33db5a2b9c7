import type { ErrorCode, GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import { isRowFault, sqlState } from '../db/row-fault.ts';
import { addRefusals, type RefusalRow, requestIdsKept } from './refusal-store.ts';

/** The refusals that are on record. Broken requests, and faults of the gateway or of a provider, are not. */
const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'budget_exceeded',
  'forbidden',
  'tag_forbidden',
  'rule_blocked',
  'model_not_found',
  'scenario_paused',
  'rate_limited',
]);

export function isRefusalCode(code: ErrorCode): boolean {
  return codes.has(code);
}

/** More unlike refusals than this within a second come from somebody who tries out names; the rest of that second is counted under none. */
const rowsMax = 2_000;
/** Rows in one statement: their text, of up to 1.6 kB each, is made within a few milliseconds. */
const rowsAtOnce = 500;
const messageMax = 500;
const modelMax = 200;

/** Counts the calls that are refused, and writes the counts down every second. A loop of thousands a second costs one row. */
export class RefusalLog {
  readonly #db: Pool;
  readonly #log: Logger;
  readonly #onWritten: (row: RefusalRow) => void;
  #rows = new Map<string, RefusalRow & { requestIds: string[] }>();
  #writing: Promise<void> = Promise.resolve();

  constructor({ db, log, onWritten }: { db: Pool; log: Logger; onWritten: (row: RefusalRow) => void }) {
    this.#db = db;
    this.#onWritten = onWritten;
    this.#log = log;
  }

  add(
    { id, caller, tags, model }: { id: string; caller: Caller; tags: CallTags | undefined; model: string | undefined },
    error: GatewayError,
    atMs: number,
  ): void {
    const { workspaceId, livemode, keyId } = caller;
    const budgetId = typeof error.details?.budget_id === 'string' ? error.details.budget_id : undefined;
    const isFull = this.#rows.size >= rowsMax;
    const named = isFull ? {} : (tags ?? {});
    const hour = Math.floor(atMs / 3_600_000);
    const place = JSON.stringify([
      workspaceId,
      livemode,
      hour,
      error.code,
      keyId,
      named.client,
      named.project,
      named.scenario,
      named.platform,
      budgetId,
    ]);
    const known = this.#rows.get(place);
    const message = storable(messageOf(error), messageMax);
    const last = {
      message,
      model: model === undefined ? undefined : storable(model, modelMax),
      billed: !seesMargin(caller),
      lastAtMs: atMs,
    };
    if (known !== undefined) {
      Object.assign(known, last, { count: known.count + 1 });
      known.requestIds.push(id);
      if (known.requestIds.length > requestIdsKept) known.requestIds.shift();
      return;
    }
    this.#rows.set(place, {
      ...last,
      workspaceId,
      livemode,
      code: error.code,
      clientId: named.client,
      project: named.project,
      scenarioId: named.scenario,
      scenarioPlatform: named.platform,
      keyId,
      budgetId,
      count: 1,
      firstAtMs: atMs,
      requestIds: [id],
    });
  }

  /**
   * Writes down what was counted. Rows that cannot be written are tried again with the next ones. One flush follows the other: a reader waits for
   * what the job is writing, and the latest request ids are written last.
   */
  flush(): Promise<void> {
    const done = this.#writing.then(() => this.#write());
    this.#writing = done.catch(() => {});
    return done;
  }

  async #write(): Promise<void> {
    const all = [...this.#rows];
    this.#rows = new Map();
    for (let at = 0; at < all.length; at += rowsAtOnce) {
      const rows = all.slice(at, at + rowsAtOnce).map(([, row]) => row);
      try {
        await addRefusals(this.#db, rows);
        for (const row of rows) this.#onWritten(row);
      } catch (error) {
        if (!isRowFault(error)) {
          this.#log.warn({ err: error }, 'refusals could not be written down yet');
          this.#putBack(all.slice(at));
          return;
        }
        await this.#writeApart(rows);
      }
    }
  }

  /** A row that Postgres does not take must not hold up the others. */
  async #writeApart(rows: readonly RefusalRow[]): Promise<void> {
    for (const row of rows)
      await addRefusals(this.#db, [row]).catch((error: unknown) =>
        this.#log.error({ code: sqlState(error) }, 'a refusal could not be written down and is left out'),
      );
  }

  #putBack(rows: readonly (readonly [string, RefusalRow & { requestIds: string[] }])[]): void {
    for (const [place, row] of rows) {
      const newer = this.#rows.get(place);
      if (newer === undefined) {
        if (this.#rows.size < 2 * rowsMax) this.#rows.set(place, row);
        continue;
      }
      newer.count += row.count;
      newer.firstAtMs = row.firstAtMs;
      newer.requestIds = [...row.requestIds, ...newer.requestIds].slice(-requestIdsKept);
    }
  }
}

/** The tag that a call claimed may be another client's name: it is on no record. */
function messageOf({ code, message }: GatewayError): string {
  return code === 'tag_forbidden' ? 'The call named a tag that its key is not allowed to use.' : message;
}

/** Text from outside as Postgres takes it: without NUL, without halves of characters. */
function storable(text: string, most: number): string {
  return text.slice(0, most).replaceAll('\0', '').toWellFormed();
}
