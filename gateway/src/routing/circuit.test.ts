import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Circuit, newCircuit, onAbandoned, onFailure, onProbe, onSuccess, stateOf } from './circuit.ts';

const minute = 60_000;
const start = 1_000_000;

function failing(times: number, nowMs = start, circuit: Circuit = newCircuit()): Circuit {
  let now = circuit;
  for (let i = 0; i < times; i++) now = onFailure(now, nowMs);
  return now;
}

/** Lets it rest, probes it and has the probe fail, `times` over; tells how long each rest was. */
function restsOf(times: number): number[] {
  const openMs: number[] = [];
  let nowMs = start;
  let circuit = failing(5, nowMs);
  for (let i = 0; i < times; i++) {
    openMs.push(circuit.openUntilMs - nowMs);
    nowMs = circuit.openUntilMs;
    circuit = onFailure(onProbe(circuit, nowMs), nowMs);
  }
  return openMs;
}

describe('a provider account', () => {
  it('is tried freely until it has failed five times in a row', () => {
    expect(stateOf(newCircuit(), start)).toBe('closed');
    expect(stateOf(failing(4), start)).toBe('closed');
    expect(stateOf(failing(5), start)).toBe('open');
    expect(stateOf(failing(4, start, onSuccess(failing(4))), start)).toBe('closed');
  });

  it('rests half a minute, then a half longer each time, ten minutes at the most', () => {
    expect(restsOf(3)).toEqual([0.5 * minute, 1 * minute, 1.5 * minute]);
    expect(restsOf(25).slice(-2)).toEqual([10 * minute, 10 * minute]);
  });

  it('is woken by one probe at a time', () => {
    const opened = failing(5);
    const reopensAtMs = opened.openUntilMs;
    expect(stateOf(opened, reopensAtMs - 1)).toBe('open');
    expect(stateOf(opened, reopensAtMs)).toBe('half-open');
    const probing = onProbe(opened, reopensAtMs);
    expect(stateOf(probing, reopensAtMs + 1_000)).toBe('open');
    expect(stateOf(onSuccess(probing), reopensAtMs + 1_000)).toBe('closed');
    expect(stateOf(onFailure(probing, reopensAtMs + 1_000), reopensAtMs + 1_000)).toBe('open');
  });

  it('may be probed again when the probe’s caller hung up, or was never heard of again', () => {
    const opened = failing(5);
    const probing = onProbe(opened, opened.openUntilMs);
    expect(stateOf(onAbandoned(probing), opened.openUntilMs)).toBe('half-open');
    expect(stateOf(probing, opened.openUntilMs + 2 * minute)).toBe('half-open');
  });

  it('begins anew after a success', () => {
    expect(onSuccess(failing(9))).toEqual(newCircuit());
  });

  it('does not rest longer for calls that were under way when it went to rest', () => {
    expect(failing(9).openUntilMs).toBe(failing(5).openUntilMs);
    expect(failing(9).timesOpened).toBe(1);
  });

  it('is left alone as long as it asks, from the first time on, an hour at the most', () => {
    const asked = onFailure(newCircuit(), start, 7_000);
    expect([stateOf(asked, start + 6_999), stateOf(asked, start + 7_000)]).toEqual(['open', 'closed']);
    const day = onFailure(newCircuit(), start, 24 * 60 * minute);
    expect([stateOf(day, start + 60 * minute - 1), stateOf(day, start + 60 * minute)]).toEqual(['open', 'closed']);
  });

  it('that asked for longer is not woken by one that asks for less', () => {
    const long = onFailure(newCircuit(), start, 10 * minute);
    expect(onFailure(long, start + 1, 1_000).openUntilMs).toBe(start + 10 * minute);
  });

  it('that keeps asking for a moment comes back by a probe after five times', () => {
    let circuit = newCircuit();
    for (let i = 0; i < 5; i++) circuit = onFailure(circuit, start + i * 1_000, 1_000);
    expect(stateOf(circuit, circuit.openUntilMs)).toBe('half-open');
  });

  it('that asks for no time at all rests like any other', () => {
    let circuit = newCircuit();
    for (let i = 0; i < 5; i++) circuit = onFailure(circuit, start, 0);
    expect(circuit.openUntilMs).toBe(start + 0.5 * minute);
  });

  it('is tried again at once after the clock was set back, and rests by the new time when it fails again', () => {
    const day = 24 * 60 * minute;
    const ahead = failing(5, start + day);
    expect([stateOf(ahead, start + day), stateOf(ahead, start)]).toEqual(['open', 'half-open']);
    const asked = onFailure(newCircuit(), start + day, 5 * minute);
    expect([stateOf(asked, start), onFailure(asked, start, 1_000).openUntilMs]).toEqual(['closed', start + 1_000]);
    const again = onFailure(ahead, start);
    expect([stateOf(again, start), again.openUntilMs]).toEqual(['open', start + minute]);
    const probing = onProbe(ahead, start + day);
    expect(stateOf(probing, start)).toBe('half-open');
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
          else if (stateOf(circuit, nowMs) === 'half-open') circuit = onProbe(circuit, nowMs);
        }
        expect(stateOf(circuit, nowMs + 60 * minute)).not.toBe('open');
      }),
    );
  });
});
