import type { Logger } from 'pino';
import { callLine } from './call-line.ts';
import { type CallEnd, type CallReport, newReport } from './call-report.ts';
import type { Metrics } from './metrics.ts';

/** Follows each request to a model endpoint from its arrival to its end: one log line, and what is counted of it. */
export class CallObserver {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  /** Is there a line a call? */
  readonly #logs: boolean;

  constructor({ log, metrics, logRequests }: { log: Logger; metrics: Metrics; logRequests: boolean }) {
    this.#log = log;
    this.#metrics = metrics;
    this.#logs = logRequests && log.isLevelEnabled('info');
  }

  begin(head: Parameters<typeof newReport>[0]): CallReport {
    this.#metrics.calls.began();
    return newReport(head);
  }

  ended(report: CallReport, end: CallEnd): void {
    this.#metrics.calls.ended(report, end);
    if (this.#logs) this.#log.info(callLine(report, end), 'call');
  }

  /** It was put off and comes again, as if it had not come yet. */
  putOff(): void {
    this.#metrics.calls.putOff();
  }

  /** A request to any other endpoint. Those that change nothing and succeed are of no interest at `info`. */
  managed(request: ManagedRequest): void {
    const { method, route, status, errorCode } = request;
    this.#metrics.calls.answered(route ?? 'unknown', status);
    if (errorCode !== undefined) this.#metrics.calls.refused(errorCode);
    if (!this.#logs) return;
    const isRead = method === 'GET' || method === 'HEAD';
    const level = isRead && status < 400 ? 'debug' : 'info';
    this.#log[level](managedLine(request), 'request');
  }
}

export interface ManagedRequest {
  id: string | undefined;
  method: string;
  /** A pattern such as `/v1/budgets/:id`: a path itself may hold a token. Undefined where none matched. */
  route: string | undefined;
  status: number;
  errorCode: string | undefined;
  ip: string | undefined;
  key: { keyId: string; keyName: string; workspaceId: string; livemode: boolean } | undefined;
  totalMs: number;
}

function managedLine({ id, method, route, status, errorCode, ip, key, totalMs }: ManagedRequest): object {
  return {
    id,
    ip,
    key_id: key?.keyId,
    key_name: key?.keyName,
    workspace_id: key?.workspaceId,
    livemode: key?.livemode,
    method,
    route: route ?? 'unknown',
    status,
    error_code: errorCode,
    total_ms: Math.round(totalMs),
  };
}
