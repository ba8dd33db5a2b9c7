/** A circuit breaker for one provider account, as a value: five failures in a row rest it, one probe at a time wakes it. */
export interface Circuit {
  failuresInARow: number;
  /** How many times in a row it was put to rest. */
  timesOpened: number;
  openUntilMs: number;
  failedAtMs: number;
  /** Since when a probe is out. */
  probingSinceMs: number | undefined;
}

export type CircuitState = 'closed' | 'half-open' | 'open';

const failuresMax = 5;
const firstOpenMs = 30_000;
const openMaxMs = 600_000;
/** A provider that asks to be left alone for longer than this is asked again all the same. */
const retryAfterMaxMs = 3_600_000;
/** A probe nobody reported back from (its caller hung up) is written off after this. */
const probeMaxMs = 120_000;

export function newCircuit(): Circuit {
  return { failuresInARow: 0, timesOpened: 0, openUntilMs: 0, failedAtMs: 0, probingSinceMs: undefined };
}

export function stateOf(circuit: Circuit, nowMs: number): CircuitState {
  // A clock that was set back would leave it open until the clock has caught up.
  if (nowMs < openUntilAt(circuit, nowMs)) return 'open';
  if (circuit.timesOpened === 0) return 'closed';
  const probing = circuit.probingSinceMs !== undefined && Math.abs(nowMs - circuit.probingSinceMs) < probeMaxMs;
  return probing ? 'open' : 'half-open';
}

export function onProbe(circuit: Circuit, nowMs: number): Circuit {
  return { ...circuit, probingSinceMs: nowMs };
}

export function onSuccess(circuit: Circuit): Circuit {
  return circuit.failuresInARow === 0 && circuit.timesOpened === 0 ? circuit : newCircuit();
}

/** A probe that says nothing about the account is free for another. */
export function onAbandoned(circuit: Circuit): Circuit {
  return circuit.probingSinceMs === undefined ? circuit : { ...circuit, probingSinceMs: undefined };
}

/** `retryAfterMs`: the provider itself said how long to stay away, and is obeyed at once. Nought says nothing. */
export function onFailure(circuit: Circuit, nowMs: number, retryAfterMs = 0): Circuit {
  const failuresInARow = circuit.failuresInARow + 1;
  if (retryAfterMs > 0) {
    return {
      failuresInARow,
      // After five in a row it comes back by a probe, however short the waits it names.
      timesOpened: failuresInARow < failuresMax ? circuit.timesOpened : Math.max(1, circuit.timesOpened),
      openUntilMs: Math.max(openUntilAt(circuit, nowMs), nowMs + Math.min(retryAfterMs, retryAfterMaxMs)),
      failedAtMs: nowMs,
      probingSinceMs: undefined,
    };
  }
  // A call that was running when the circuit opened, and fails now, adds no information.
  const isNew = circuit.probingSinceMs !== undefined || nowMs >= openUntilAt(circuit, nowMs);
  if (failuresInARow < failuresMax || !isNew) return { ...circuit, failuresInARow, failedAtMs: nowMs };
  const timesOpened = circuit.timesOpened + 1;
  return {
    failuresInARow,
    timesOpened,
    openUntilMs: nowMs + Math.min(firstOpenMs * timesOpened, openMaxMs),
    failedAtMs: nowMs,
    probingSinceMs: undefined,
  };
}

/** Nothing that was written down by a clock which was ahead counts. */
export function openUntilAt({ openUntilMs, failedAtMs }: Circuit, nowMs: number): number {
  return failedAtMs > nowMs ? 0 : openUntilMs;
}
