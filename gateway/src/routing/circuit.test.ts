import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Circuit, mayTry, newCircuit, onAbandoned, onFailure, onProbe, onSuccess } from './circuit.ts';

const minute = 60_000;
const start = 1_000_000;

function failing(times: number, nowMs = start, circuit: Circuit = newCircuit()): Circuit {
  let now = circuit;
  for (let i = 0; i < times; i++) now = onFailure(now, nowMs);
  return now;
}

/** Lets it rest, probes it and has the probe fail, `times` over; tells how long each rest was. */
function restsOf(times: number): number[] {
  const rests: number[] = [];
  let nowMs = start;
  let circuit = failing(5, nowMs);
  for (let i = 0; i < times; i++) {
    rests.push(circuit.restingUntilMs - nowMs);
    nowMs = circuit.restingUntilMs;
    circuit = onFailure(onProbe(circuit, nowMs), nowMs);
  }
  return rests;
}

describe('a provider account', () => {
  it('is tried freely until it has failed five times in a row', () => {
    expect(mayTry(newCircuit(), start)).toBe('yes');
    expect(mayTry(failing(4), start)).toBe('yes');
    expect(mayTry(failing(5), start)).toBe('no');
    expect(mayTry(failing(4, start, onSuccess(failing(4))), start)).toBe('yes');
  });

  it('rests half a minute, then a half longer each time, ten minutes at the most', () => {
    expect(restsOf(3)).toEqual([0.5 * minute, 1 * minute, 1.5 * minute]);
    expect(restsOf(25).slice(-2)).toEqual([10 * minute, 10 * minute]);
  });

  it('is woken by one probe at a time', () => {
    const rested = failing(5);
    const awake = rested.restingUntilMs;
    expect(mayTry(rested, awake - 1)).toBe('no');
    expect(mayTry(rested, awake)).toBe('probe');
    const probing = onProbe(rested, awake);
    expect(mayTry(probing, awake + 1_000)).toBe('no');
    expect(mayTry(onSuccess(probing), awake + 1_000)).toBe('yes');
    expect(mayTry(onFailure(probing, awake + 1_000), awake + 1_000)).toBe('no');
  });

  it('may be probed again when the probe’s caller hung up, or was never heard of again', () => {
    const rested = failing(5);
    const probing = onProbe(rested, rested.restingUntilMs);
    expect(mayTry(onAbandoned(probing), rested.restingUntilMs)).toBe('probe');
    expect(mayTry(probing, rested.restingUntilMs + 2 * minute)).toBe('probe');
  });

  it('begins anew after a success', () => {
    expect(onSuccess(failing(9))).toEqual(newCircuit());
  });

  it('does not rest longer for calls that were under way when it went to rest', () => {
    expect(failing(9).restingUntilMs).toBe(failing(5).restingUntilMs);
    expect(failing(9).rests).toBe(1);
  });

  it('is left alone as long as it asks, from the first time on, an hour at the most', () => {
    const asked = onFailure(newCircuit(), start, 7_000);
    expect([mayTry(asked, start + 6_999), mayTry(asked, start + 7_000)]).toEqual(['no', 'yes']);
    const day = onFailure(newCircuit(), start, 24 * 60 * minute);
    expect([mayTry(day, start + 60 * minute - 1), mayTry(day, start + 60 * minute)]).toEqual(['no', 'yes']);
  });

  it('that asked for longer is not woken by one that asks for less', () => {
    const long = onFailure(newCircuit(), start, 10 * minute);
    expect(onFailure(long, start + 1, 1_000).restingUntilMs).toBe(start + 10 * minute);
  });

  it('that keeps asking for a moment comes back by a probe after five times', () => {
    let circuit = newCircuit();
    for (let i = 0; i < 5; i++) circuit = onFailure(circuit, start + i * 1_000, 1_000);
    expect(mayTry(circuit, circuit.restingUntilMs)).toBe('probe');
  });

  it('that asks for no time at all rests like any other', () => {
    let circuit = newCircuit();
    for (let i = 0; i < 5; i++) circuit = onFailure(circuit, start, 0);
    expect(circuit.restingUntilMs).toBe(start + 0.5 * minute);
  });

  it('always comes back within an hour, whatever happened', () => {
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constantFrom('fail', 'success', 'probe', 'abandon'), afterMs: fc.nat(20 * minute) }),
      fc.record({ kind: fc.constant('told'), afterMs: fc.nat(20 * minute), waitMs: fc.nat(100 * 60 * minute) }),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        let circuit = newCircuit();
        let nowMs = start;
        for (const step of steps) {
          nowMs += step.afterMs;
          if (step.kind === 'fail') circuit = onFailure(circuit, nowMs);
          else if (step.kind === 'told') circuit = onFailure(circuit, nowMs, 'waitMs' in step ? step.waitMs : 0);
          else if (step.kind === 'success') circuit = onSuccess(circuit);
          else if (step.kind === 'abandon') circuit = onAbandoned(circuit);
          else if (mayTry(circuit, nowMs) === 'probe') circuit = onProbe(circuit, nowMs);
        }
        expect(mayTry(circuit, nowMs + 60 * minute)).not.toBe('no');
      }),
    );
  });
});
