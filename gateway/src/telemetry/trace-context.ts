import { randomBytes } from 'node:crypto';

/** Where a trace comes from: W3C Trace Context, https://www.w3.org/TR/trace-context/. */
export interface TraceContext {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits: of the caller's span. */
  spanId: string;
  /** Is the trace recorded? A caller that does not record its own has ours left out, too. */
  isSampled: boolean;
  state: string | undefined;
}

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The specification asks for this much at least; a longer one is left out. */
const stateMax = 512;

/** Reads `traceparent` and `tracestate`. Invalid headers count as none: a new trace begins. */
export function readTraceContext(
  traceparent: string | string[] | undefined,
  tracestate: string | string[] | undefined,
): TraceContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > stateMax) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = shape.exec(traceparent.trim()) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const state = Array.isArray(tracestate) ? tracestate.join(',') : tracestate;
  return {
    traceId,
    spanId,
    isSampled: (Number.parseInt(flags, 16) & 1) === 1,
    state: state !== undefined && state.length <= stateMax && /^[\x20-\x7e]+$/.test(state) ? state : undefined,
  };
}

export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
